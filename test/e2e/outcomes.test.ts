// Every outcome and reason, produced through HTTP alone and found again by messageId. One row a reason: whoever adds a
// reason adds a row.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startCauseway, waitFor, type Causeway, type ListedEntry } from './causeway.ts'

interface Connection {
  id: string
  writeKey: string
}

let causeway: Causeway
let connection: Connection
let paused: Connection

beforeAll(async () => {
  causeway = await startCauseway()
  connection = await connect('Outcomes', 'secret-outcomes')
  await causeway.api('PATCH', `/connections/${connection.id}`, {
    filters: { inbound: { default: 'include', rules: [{ action: 'exclude', event: 'Unwanted' }] } },
  })
  paused = await connect('Paused', 'secret-paused')
  await causeway.api('PATCH', `/connections/${paused.id}`, { paused: true })
}, 180_000)
afterAll(async () => {
  await causeway.stop()
  causeway.cleanUp()
}, 60_000)

const connect = (name: string, serverKey: string): Promise<Connection> =>
  causeway.api('POST', '/connections', { name, setup: 'manual', statsig: { serverKey } })

async function send({ writeKey }: Connection, messages: unknown[]): Promise<void> {
  const body = JSON.stringify({ batch: messages, writeKey })
  const response = await fetch(`${causeway.url}/v1/batch`, { method: 'POST', body })
  expect(response.status).toBe(200)
}

const ago = (ms: number): string => new Date(Date.now() - ms).toISOString()
const days = 86_400_000
const deep = (levels: number): unknown => (levels === 0 ? 1 : { a: deep(levels - 1) })
const track = (messageId: string, rest: object = {}): object => ({
  ...{ type: 'track', event: 'Bought', userId: 'u1', messageId },
  ...rest,
})

interface Case {
  ends: string
  messages: (messageId: string) => unknown[]
  /** Where more than one entry has the id: this many. */
  entries?: number
}

const cases: Record<string, Case> = {
  'a sound message': { ends: 'delivered', messages: (id) => [track(id)] },
  'a name that a rule excludes': {
    ends: 'filtered: rule:0',
    messages: (id) => [track(id, { event: 'Unwanted' })],
  },
  'a sender who does not want Statsig to have it': {
    ends: 'filtered: integrations',
    messages: (id) => [track(id, { integrations: { All: false } })],
  },
  'what came from Statsig': {
    ends: 'filtered: loop',
    messages: (id) => [
      track(id, { event: 'statsig::experiment_exposure', context: { library: { name: 'statsig' } } }),
    ],
  },
  'the same messageId again': {
    ends: 'skipped: duplicate',
    messages: (id) => [track(id), track(id)],
    entries: 2,
  },
  'one that is older than a week': {
    ends: 'skipped: too_old',
    messages: (id) => [track(id, { timestamp: ago(8 * days) })],
  },
  'a type that is off': {
    ends: 'skipped: type_off',
    messages: (id) => [{ type: 'alias', userId: 'u1', previousId: 'p1', messageId: id }],
  },
  'an identify of no audience': {
    ends: 'skipped: identify_without_audience',
    messages: (id) => [{ type: 'identify', userId: 'u1', messageId: id }],
  },
  'a deletion, which is done and never an event': {
    ends: 'skipped: internal',
    messages: (id) => [{ type: 'delete', userId: 'nobody-in-these-tests', messageId: id }],
  },
  'no id': { ends: 'rejected: no_id', messages: (id) => [track(id, { userId: undefined })] },
  'no name': { ends: 'rejected: no_event_name', messages: (id) => [track(id, { event: undefined })] },
  'an unreadable time': {
    ends: 'rejected: invalid_time',
    messages: (id) => [track(id, { timestamp: 'soon' })],
  },
  'a time that is far ahead': {
    ends: 'rejected: time_in_future',
    messages: (id) => [track(id, { timestamp: ago(-3 * days) })],
  },
  'too many levels': { ends: 'rejected: too_deep', messages: (id) => [track(id, { properties: deep(70) })] },
  'an unknown type': {
    ends: 'rejected: unknown_type',
    messages: (id) => [{ type: 'sing', userId: 'u1', messageId: id }],
  },
}

const textOf = ({ outcome, reason }: ListedEntry): string =>
  reason === undefined ? outcome : `${outcome}: ${reason}`

async function find({ id }: Connection, messageId: string): Promise<ListedEntry[]> {
  const query = `messageId=${encodeURIComponent(messageId)}`
  return (await causeway.api<{ data: ListedEntry[] }>('GET', `/connections/${id}/messages?${query}`)).data
}

describe('every outcome and reason', () => {
  it.each(Object.entries(cases))(
    'of %s is found by messageId',
    async (title, { ends, messages, entries = 1 }) => {
      const messageId = `case ${title}`
      await send(connection, messages(messageId))
      let found: ListedEntry[] = []
      await waitFor(
        async () => {
          found = await find(connection, messageId)
          return found.length === entries && found.every(({ outcome }) => outcome !== 'pending')
        },
        30_000,
        () => `found ${JSON.stringify(found)}`,
      )
      expect(found.map(textOf)).toContain(ends)
      const story = await causeway.api<ListedEntry>('GET', `/messages/${found[0]?.id ?? ''}`)
      expect(story.messageId).toBe(messageId)
    },
    40_000,
  )

  it('of what waits is found by messageId: pending', async () => {
    await send(paused, [track('waits')])
    expect((await find(paused, 'waits')).map(textOf)).toEqual(['pending'])
  })

  it('of an item that is no message at all is found by the id that it was given: rejected', async () => {
    await send(connection, ['not a message'])
    let found: ListedEntry | undefined
    await waitFor(async () => {
      const { data } = await causeway.api<{ data: ListedEntry[] }>(
        'GET',
        `/connections/${connection.id}/messages?outcome=rejected`,
      )
      found = data.find(({ reason }) => reason === 'not_an_object')
      return found !== undefined
    }, 30_000)
    expect((await find(connection, found?.messageId ?? '')).map(textOf)).toEqual(['rejected: not_an_object'])
  }, 40_000)

  it('of an event that the vendor refuses is found by messageId: rejected, with the attempt', async () => {
    await causeway.sandbox('POST', '/faults', { target: 'statsig.log_event', status: 400, times: 1 })
    await send(connection, [track('refused by the vendor')])
    let found: ListedEntry[] = []
    await waitFor(async () => {
      found = await find(connection, 'refused by the vendor')
      return found[0]?.outcome === 'rejected'
    }, 30_000)
    expect(found.map(textOf)).toEqual(['rejected: vendor_refused'])
    const story = await causeway.api<{ attempts: { status: number }[] }>(
      'GET',
      `/messages/${found[0]?.id ?? ''}`,
    )
    expect(story.attempts.map(({ status }) => status)).toEqual([400])
  }, 40_000)
})
