// Every outcome and reason, produced through HTTP alone and found again by messageId. One row a reason: whoever adds a
// reason to core/outcome.ts adds a row, or a test fails. On the same product: the alerts that these endings call for.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { filterReasons, rejectionCodes, skipReasons } from '../../core/outcome.ts'
import { openAlertReceiver, type AlertReceiver } from './alert-receiver.ts'
import { startCauseway, waitFor, type Causeway, type ListedEntry } from './causeway.ts'

interface Connection {
  id: string
  writeKey: string
}

let causeway: Causeway
let receiver: AlertReceiver
const connections = {} as Record<'open' | 'closed' | 'paused', Connection>

beforeAll(async () => {
  receiver = await openAlertReceiver()
  causeway = await startCauseway(undefined, { ALERT_ALLOWED_NETWORKS: '127.0.0.1' })
  const { secret = '' } = await causeway.api<{ secret?: string }>('PUT', '/alerts', { url: receiver.url })
  receiver.secret = secret
  connections.open = await connect('open', {
    inbound: { default: 'include', rules: [{ action: 'exclude', event: 'Unwanted' }] },
    outbound: { firstExposureOnly: true },
  })
  connections.closed = await connect('closed', {
    inbound: { default: 'exclude' },
    outbound: { exposures: false, configChanges: false },
  })
  connections.paused = await connect('paused', {})
  await causeway.api('PATCH', `/connections/${connections.paused.id}`, { paused: true })
}, 180_000)
afterAll(async () => {
  await causeway.stop()
  causeway.cleanUp()
  await receiver.close()
}, 60_000)

async function connect(name: string, filters: object): Promise<Connection> {
  const made = await causeway.api<Connection>('POST', '/connections', {
    ...{ name, setup: 'manual', segment: { writeKey: `wk-${name}` } },
    statsig: { serverKey: `secret-${name}-1`, webhookSecret: `whsec-${name}` },
  })
  await causeway.api('PATCH', `/connections/${made.id}`, { filters })
  return made
}

async function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<void> {
  const answer = await fetch(`${causeway.url}${path}`, {
    ...{ method: 'POST', headers, body: JSON.stringify(body) },
  })
  expect(answer.status).toBe(200)
}
const ago = (ms: number): string => new Date(Date.now() - ms).toISOString()
const [minutes, days] = [60_000, 86_400_000]
const deep = (levels: number): unknown => (levels === 0 ? 1 : { a: deep(levels - 1) })
const track = (messageId: string, rest: object = {}): object => ({
  ...{ type: 'track', event: 'Bought', userId: 'u1', messageId },
  ...rest,
})
/** What Engage says of one person and the audience `vip`. */
const member = (messageId: string, rest: object = {}, key = 'vip'): object => ({
  ...{ type: 'identify', userId: 'u1', messageId, traits: { [key]: true } },
  context: {
    personas: { computation_class: 'audience', computation_key: key, computation_id: `aud_${key}` },
  },
  ...rest,
})
/** An event as Statsig's webhook brings it. */
const event = (timeUUID: string, eventName: string, rest: object = {}): object => ({
  ...{ eventName, timeUUID, user: { userID: 'u1' }, timestamp: Date.now(), metadata: {} },
  ...rest,
})

type At = keyof typeof connections
interface Case {
  ends: string
  at?: At
  /** Answers the id to look for, where it is another one than was given. */
  send: (messageId: string, at: Connection) => Promise<unknown>
  /** Where more than one entry has the id: this many. */
  entries?: number
  /** Statuses of the requests that its story tells of. */
  attempts?: number[]
}

/** Messages of the tracking API. */
const tracking = (messages: (messageId: string) => unknown[]): Case['send'] =>
  async function sendToTracking(messageId, { writeKey }) {
    await post('/v1/batch', { batch: messages(messageId), writeKey })
  }
/** Events of Statsig's webhook. */
const webhook = (events: (messageId: string) => object[]): Case['send'] =>
  async function sendToWebhook(messageId, { id }) {
    const name = Object.entries(connections).find(([, connection]) => connection.id === id)?.[0] ?? ''
    await post(`/webhooks/statsig/${id}`, events(messageId), { authorization: `Bearer whsec-${name}` })
  }
/** As `send`, and the sandbox's Statsig answers its next request so. */
const refusedWith = (status: number, send: Case['send']): Case['send'] =>
  async function sendToBeRefused(messageId, at) {
    await causeway.sandbox('POST', '/faults', { target: 'statsig.log_event', status, times: 1 })
    await send(messageId, at)
  }

/** Of what has no id of its own: it is found by its reason first. */
async function idOf(reason: string, { id }: Connection): Promise<string> {
  let found: ListedEntry | undefined
  await waitFor(async () => {
    const query = `/connections/${id}/messages?outcome=rejected&limit=200`
    const { data } = await causeway.api<{ data: ListedEntry[] }>('GET', query)
    found = data.find((entry) => entry.reason === reason)
    return found !== undefined
  }, 30_000)
  return found?.messageId ?? ''
}

const cases: Record<string, Case> = {
  'a sound message': { ends: 'delivered', send: tracking((id) => [track(id)]), attempts: [202] },
  'what waits': { ends: 'pending', at: 'paused', send: tracking((id) => [track(id)]) },

  'a name that a rule excludes': {
    ends: 'filtered: rule:0',
    send: tracking((id) => [track(id, { event: 'Unwanted' })]),
  },
  'a name that no rule includes': {
    ...{ ends: 'filtered: default', at: 'closed' },
    send: tracking((id) => [track(id)]),
  },
  'a sender who does not want Statsig to have it': {
    ends: 'filtered: integrations',
    send: tracking((id) => [track(id, { integrations: { All: false } })]),
  },
  'what came from Statsig': {
    ends: 'filtered: loop',
    send: tracking((id) => [
      track(id, { event: 'statsig::experiment_exposure', context: { library: { name: 'statsig' } } }),
    ]),
  },
  'an exposure, where they are switched off': {
    ...{ ends: 'filtered: exposures', at: 'closed' },
    send: webhook((id) => [event(id, 'statsig::gate_exposure', { metadata: { gate: 'g' } })]),
  },
  'a config change, where they are switched off': {
    ...{ ends: 'filtered: configChanges', at: 'closed' },
    send: webhook((id) => [event(id, 'statsig::config_change')]),
  },
  'the second exposure of a person, where the first goes out alone': {
    ends: 'filtered: first_exposure',
    send: webhook((id) =>
      [`${id}, the first`, id].map((one) =>
        event(one, 'statsig::gate_exposure', { metadata: { gate: 'g' } }),
      ),
    ),
  },

  'the same messageId again': {
    ...{ ends: 'skipped: duplicate', entries: 2 },
    send: tracking((id) => [track(id), track(id)]),
  },
  'one that is older than a week': {
    ends: 'skipped: too_old',
    send: tracking((id) => [track(id, { timestamp: ago(8 * days) })]),
  },
  'a type that is off': {
    ends: 'skipped: type_off',
    send: tracking((id) => [{ type: 'alias', userId: 'u1', previousId: 'p1', messageId: id }]),
  },
  'an identify of no audience': {
    ends: 'skipped: identify_without_audience',
    send: tracking((id) => [{ type: 'identify', userId: 'u1', messageId: id }]),
  },
  'a deletion, which is done and never an event': {
    ends: 'skipped: internal',
    send: tracking((id) => [{ type: 'delete', userId: 'nobody-in-these-tests', messageId: id }]),
  },
  "what Statsig's SDKs log for Statsig itself": {
    ends: 'skipped: internal',
    send: webhook((id) => [event(id, 'statsig::diagnostics')]),
  },
  'a membership that is older than the newest word': {
    ends: 'skipped: stale_membership',
    send: tracking((id) => [
      member(`${id}, the newest word`, { timestamp: ago(0) }),
      member(id, { timestamp: ago(10 * minutes), traits: { vip: false } }),
    ]),
  },
  'what an erased person did before': {
    ends: 'skipped: erased',
    async send(messageId, { id, writeKey }) {
      await causeway.api('POST', `/connections/${id}/erasures`, { userId: 'erased' })
      const messages = [track(messageId, { userId: 'erased', timestamp: ago(10 * minutes) })]
      await post('/v1/batch', { batch: messages, writeKey })
    },
  },

  'an item that is no message at all': {
    ends: 'rejected: not_an_object',
    async send(_, connection) {
      await post('/v1/batch', { batch: ['not a message'], writeKey: connection.writeKey })
      return idOf('not_an_object', connection)
    },
  },
  'a line of an archive that is not JSON': {
    ends: 'rejected: not_json',
    async send(_, connection) {
      const path = join(causeway.dataDir, 'archive')
      mkdirSync(path)
      writeFileSync(join(path, 'lines.gz'), gzipSync('{"type":"track", "event":\n'))
      const window = { from: ago(days), to: ago(0) }
      await causeway.api('POST', `/connections/${connection.id}/replays`, {
        ...{ source: 'archive', path, ...window },
      })
      return idOf('not_json', connection)
    },
  },
  'properties that are no object': {
    ends: 'rejected: properties_not_object',
    send: tracking((id) => [track(id, { properties: 'none' })]),
  },
  "a group's traits that are no object": {
    ends: 'rejected: traits_not_object',
    send: tracking((id) => [{ type: 'group', groupId: 'g', userId: 'u1', traits: 7, messageId: id }]),
  },
  'an unknown type': {
    ends: 'rejected: unknown_type',
    send: tracking((id) => [{ type: 'sing', userId: 'u1', messageId: id }]),
  },
  'no name': {
    ends: 'rejected: no_event_name',
    send: tracking((id) => [track(id, { event: undefined })]),
  },
  'no id': { ends: 'rejected: no_id', send: tracking((id) => [track(id, { userId: undefined })]) },
  'an unreadable time': {
    ends: 'rejected: invalid_time',
    send: tracking((id) => [track(id, { timestamp: 'soon' })]),
  },
  'a time that is far ahead': {
    ends: 'rejected: time_in_future',
    send: tracking((id) => [track(id, { timestamp: ago(-3 * days) })]),
  },
  'too many levels': {
    ends: 'rejected: too_deep',
    send: tracking((id) => [track(id, { properties: deep(70) })]),
  },
  'more than Segment takes': {
    ends: 'rejected: too_large',
    send: webhook((id) => [event(id, 'Bought', { metadata: { text: 'x'.repeat(20_000) } })]),
  },

  'an audience of too long a name': {
    ends: 'rejected: audience_key_too_long',
    send: tracking((id) => [member(id, {}, 'k'.repeat(300))]),
  },
  'an audience without a word on the person': {
    ends: 'rejected: membership_missing',
    send: tracking((id) => [member(id, { traits: {} })]),
  },
  'a membership that is neither true nor false': {
    ends: 'rejected: membership_not_boolean',
    send: tracking((id) => [member(id, { traits: { vip: 'perhaps' } })]),
  },
  "a membership without the list's id": {
    ends: 'rejected: no_unit_id',
    send: tracking((id) => [member(id, { userId: undefined, anonymousId: 'a1' })]),
  },
  'a line break in an id': {
    ends: 'rejected: id_line_break',
    send: tracking((id) => [member(id, { userId: 'a\nb' })]),
  },
  'half a character in an id': {
    ends: 'rejected: id_unclean',
    send: tracking((id) => [member(id, { userId: 'a\u0000b' })]),
  },
  'too long an id': {
    ends: 'rejected: id_too_long',
    send: tracking((id) => [member(id, { userId: 'u'.repeat(1_001) })]),
  },

  'an event that the vendor refuses': {
    ...{ ends: 'rejected: vendor_refused', attempts: [400] },
    send: refusedWith(
      400,
      tracking((id) => [track(id)]),
    ),
  },
  'an event that is too large for the vendor': {
    ...{ ends: 'rejected: vendor_too_large', attempts: [413] },
    send: refusedWith(
      413,
      tracking((id) => [track(id)]),
    ),
  },
}

/** Said where we ourselves are at fault: neither a message nor a vendor can bring them about. */
const ourOwn = ['rejected: internal_error', 'rejected: not_an_audience']

const textOf = ({ outcome, reason }: ListedEntry): string =>
  reason === undefined ? outcome : `${outcome}: ${reason}`

async function find({ id }: Connection, messageId: string): Promise<ListedEntry[]> {
  const query = `messageId=${encodeURIComponent(messageId)}`
  return (await causeway.api<{ data: ListedEntry[] }>('GET', `/connections/${id}/messages?${query}`)).data
}

describe('every outcome and reason', () => {
  it('that the code knows has a case here', () => {
    const known = [
      ...['delivered', 'pending', 'filtered: rule:0'],
      ...filterReasons.map((reason) => `filtered: ${reason}`),
      ...skipReasons.map((reason) => `skipped: ${reason}`),
      ...rejectionCodes.map((code) => `rejected: ${code}`),
    ]
    const produced = new Set(Object.values(cases).map(({ ends }) => ends))
    expect([...produced].sort()).toEqual(known.filter((reason) => !ourOwn.includes(reason)).sort())
  })

  it.each(Object.entries(cases))(
    'of %s is found by messageId',
    async (title, { ends, at = 'open', send, entries = 1, attempts }) => {
      const connection = connections[at]
      const given = `case ${title}`
      const answered = await send(given, connection)
      const messageId = typeof answered === 'string' ? answered : given
      let found: ListedEntry[] = []
      await waitFor(
        async () => {
          found = await find(connection, messageId)
          return found.length === entries && (ends === 'pending' || found.every(hasEnded))
        },
        30_000,
        () => `found ${JSON.stringify(found)}`,
      )
      expect(found.map(textOf)).toContain(ends)
      const story = await causeway.api<ListedEntry & { attempts: { status: number }[] }>(
        'GET',
        `/messages/${found[0]?.id ?? ''}`,
      )
      expect(story.messageId).toBe(messageId)
      if (attempts) expect(story.attempts.map(({ status }) => status)).toEqual(attempts)
    },
    40_000,
  )
})

describe('a redrive', () => {
  interface Job {
    id: string
    status: string
    counts: Record<string, number>
  }
  /** Asked for twice, as by a caller who did not get the first answer. Answers what the message has become. */
  async function redrive(outcome: string, messageId: string, key: string): Promise<string[]> {
    const { open } = connections
    const asked = { outcome, messageIds: [messageId] }
    const ask = () =>
      causeway.api<Job>('POST', `/connections/${open.id}/redrives`, asked, { 'idempotency-key': key })
    const [{ id }, again] = [await ask(), await ask()]
    expect(again.id).toBe(id)
    const read = () => causeway.api<Job>('GET', `/redrives/${id}`)
    await waitFor(async () => (await read()).status === 'completed', 30_000)
    expect((await read()).counts).toMatchObject({ planned: 1, done: 1 })
    return (await find(open, messageId)).map(textOf)
  }

  it('sends what was rejected or filtered again, by the filters of now, and its outcome changes', async () => {
    const [refused, unwanted] = ['case an event that the vendor refuses', 'case a name that a rule excludes']
    expect(await redrive('rejected', refused, 'first')).toEqual(['delivered'])
    expect(await redrive('filtered', unwanted, 'second')).toEqual(['filtered: rule:0'])
    await causeway.api('PATCH', `/connections/${connections.open.id}`, {
      filters: { inbound: { rules: [] } },
    })
    expect(await redrive('filtered', unwanted, 'third')).toEqual(['delivered'])
  }, 100_000)
})

const hasEnded = ({ outcome }: ListedEntry): boolean => outcome !== 'pending'

describe('alerts', () => {
  interface Told {
    kind: string
    connectionId: string | null
    delivery: { state: string; attempts: number; lastStatus: number | null }
  }
  const toldOf = (type: string, { id }: Pick<Connection, 'id'>) =>
    receiver.taken.filter((body) => body.type === type && body.data.connectionId === id)
  const isTold = (type: string, connection: Pick<Connection, 'id'>) =>
    waitFor(
      () => toldOf(type, connection).length > 0,
      60_000,
      () => `told only ${JSON.stringify(receiver.taken)}`,
    )

  it('tell of the rejections above', async () => {
    await isTold('rejection_rate.firing', connections.open)
  }, 70_000)

  it('are told once when something goes wrong and once when it is right again, and again where the receiver was down', async () => {
    const made = await connect('alerts', {})
    await causeway.api('PATCH', `/connections/${made.id}`, { statsig: { serverKey: 'secret-revoked-2' } })
    receiver.failNext(1)
    await post('/v1/batch', { batch: [track('waits for a key')], writeKey: made.writeKey })
    await isTold('needs_attention.firing', made)
    await causeway.api('PATCH', `/connections/${made.id}`, { statsig: { serverKey: 'secret-good-2' } })
    await isTold('needs_attention.recovered', made)
    await waitFor(
      async () => (await find(made, 'waits for a key')).map(textOf).join() === 'delivered',
      30_000,
    )
    const { data } = await causeway.api<{ data: Told[] }>('GET', '/alerts')
    const mine = data.filter(({ connectionId }) => connectionId === made.id)
    expect(mine.map(({ kind, delivery }) => [kind, delivery.state, delivery.attempts])).toEqual([
      ['needs_attention', 'delivered', 1],
      ['needs_attention', 'delivered', 2],
    ])
    const times = ['firing', 'recovered'].map((state) => toldOf(`needs_attention.${state}`, made).length)
    expect({ times, refused: receiver.refused, forged: receiver.forged }).toEqual({
      ...{ times: [1, 1], refused: 1, forged: 0 },
    })
  }, 150_000)

  it('go to no address of this machine or its networks that was not allowed', async () => {
    const refused = ['http://127.0.0.2:9/', 'http://[::1]:9/', 'http://169.254.169.254/', 'http://10.0.0.1/']
    for (const url of refused)
      await expect(causeway.api('PUT', '/alerts', { url })).rejects.toThrow(/422.*"path":"url"/)
  })
})
