// The way back, end to end: real processes, Statsig's stock SDKs, a real browser, the sandbox's Segment.
import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startCauseway, waitFor, type Causeway, type ListedEntry } from './causeway.ts'
import { openShop, type Shop } from './statsig-clients/browser.ts'
import { names, serveProject, type Project } from './statsig-clients/project.ts'
import { runBrowser, runNode, runNodeCore, type SdkJob } from './statsig-clients/sdks.ts'

interface Track {
  type: string
  messageId: string
  event: string
  timestamp: string
  userId?: string
  anonymousId?: string
  context: {
    user?: Record<string, unknown>
    value?: unknown
    metadata?: unknown
    library: object
    stableID?: string
  }
  properties: { value?: unknown; metadata?: Record<string, unknown> }
}
interface StatsigEvent {
  eventName: string
  user: { userID?: string; customIDs?: Record<string, string> }
  metadata?: Record<string, unknown>
}
type Totals = Record<'accepted' | 'delivered' | 'filtered' | 'skipped' | 'rejected' | 'pending', number>
interface Connection {
  id: string
  writeKey: string
}

let causeway: Causeway
let project: Project

beforeAll(async () => {
  project = await serveProject()
  causeway = await startCauseway()
  const made = await fetch(`${causeway.sandboxUrl}/console/v1/experiments`, {
    method: 'POST',
    headers: { 'statsig-api-key': 'console-any' },
    body: JSON.stringify({ name: names.experiment, groups: [{ id: 'group_green', name: 'Green' }] }),
  })
  expect(made.status).toBe(201)
}, 180_000)
afterAll(async () => {
  await causeway.stop()
  causeway.cleanUp()
  await project.close()
}, 60_000)

const connect = (name: string, more: { consoleKey?: string } = {}): Promise<Connection> =>
  causeway.api('POST', '/connections', {
    ...{ name, setup: 'manual', segment: { writeKey: `wk-${name}` } },
    statsig: {
      ...{ serverKey: `secret-${name}`, clientKey: `client-${name}`, webhookSecret: `whsec-${name}` },
      ...more,
    },
  })
const totals = async (id: string, way: 'inbound' | 'outbound' = 'outbound'): Promise<Totals> =>
  (await causeway.api<Record<string, { totals: Totals }>>('GET', `/connections/${id}/stats`))[way]
    ?.totals as Totals
const tracks = (): Promise<Track[]> => causeway.sandbox('GET', '/segment/messages')
const eventsAtStatsig = (): Promise<StatsigEvent[]> => causeway.sandbox('GET', '/statsig/events')
const settled = (id: string, accepted: number, way: 'inbound' | 'outbound' = 'outbound') =>
  waitFor(
    async () => {
      const now = await totals(id, way)
      return now.accepted === accepted && now.pending === 0
    },
    30_000,
    () => `connection ${id} did not end ${accepted} entries`,
  )

const job = (name: string, kind: 'secret' | 'client', user: SdkJob['user'], event: string): SdkJob => ({
  ...{ project, logTo: causeway.url, key: `${kind}-${name}`, user, event },
})
const schema = (event: string, user: object, value: unknown, metadata: unknown) => ({
  type: 'track',
  event,
  context: { user, value, metadata, library: { name: 'statsig', version: '1.0' } },
  properties: { value, metadata },
})
const anyObject = expect.anything() as unknown

/** What an SDK's job comes to: four exposures and an event, its diagnostics skipped. */
async function expectTracks(
  of: (track: Track) => boolean,
  who: object,
  user: object,
  hasConsoleKey: boolean,
): Promise<void> {
  const mine = (await tracks()).filter(of)
  const ofExperiment = hasConsoleKey
    ? (['statsig::experiment_exposure', { experimentGroupName: 'Green' }] as const)
    : (['statsig::config_exposure', {}] as const)
  const expected = [
    schema('statsig::gate_exposure', user, null, { gate: names.gate }),
    schema('statsig::config_exposure', user, null, { config: names.config }),
    schema(ofExperiment[0], user, null, { config: names.experiment, ...ofExperiment[1] }),
    schema('statsig::layer_exposure', user, null, {
      config: names.layer,
      allocatedExperiment: names.experiment,
    }),
    schema('Checked Out', user, 12.5, { sku: 'a1' }),
  ]
  expect(mine).toHaveLength(5)
  for (const [at, track] of mine.entries()) {
    expect(track).toMatchObject({ ...expected[at], ...who, messageId: anyObject })
    expect(track.context.metadata).toEqual(track.properties.metadata)
    expect(new Date(track.timestamp).toISOString()).toBe(track.timestamp)
    expect(Math.abs(Date.parse(track.timestamp) - Date.now())).toBeLessThan(120_000)
    expect(JSON.stringify(track)).not.toContain('salary')
  }
}

describe('stock SDKs of Statsig, pointed at Causeway', () => {
  it.each([
    ['statsig-node', runNode, 'node'],
    ['@statsig/statsig-node-core', runNodeCore, 'core'],
  ] as const)(
    '%s: events and exposures arrive at Segment as tracks of the schema',
    async (_name, run, name) => {
      const { id } = await connect(name, { consoleKey: `console-${name}` })
      const user = {
        userID: `u-${name}`,
        customIDs: { segmentAnonymousId: `a-${name}` },
        email: 'a@example.com',
      }
      await run(job(name, 'secret', user, 'Checked Out'))
      await settled(id, 6)
      expect(await totals(id)).toMatchObject({ delivered: 5, skipped: 1, rejected: 0 })
      const isMine = ({ userId }: Track) => userId === user.userID
      await expectTracks(
        isMine,
        { userId: user.userID },
        { ...user, statsigEnvironment: { tier: 'staging' } },
        true,
      )
    },
    60_000,
  )

  it('@statsig/js-client in a real browser: an anonymous visitor is known by the stable id', async (context) => {
    const shop: Shop | string = await openShop()
    if (typeof shop === 'string') {
      context.skip(shop)
      return
    }
    try {
      const { id } = await connect('js')
      const user = { customIDs: { segmentAnonymousId: 'a-js' } }
      await runBrowser(await shop.open(), job('js', 'client', user, 'Checked Out'))
      await settled(id, 6)
      expect(await totals(id)).toMatchObject({ delivered: 5, skipped: 1, rejected: 0 })
      const isMine = ({ context: said }: Track) => JSON.stringify(said.user).includes('a-js')
      const [first] = (await tracks()).filter(isMine)
      const stableID = first?.context.stableID
      expect(stableID).toMatch(/^[\w-]{30,}$/)
      await expectTracks(isMine, { anonymousId: stableID }, user, false)
    } finally {
      await shop.close()
    }
  }, 90_000)

  it('nothing of it is what Segment would drop', async () => {
    expect(await causeway.sandbox('GET', '/segment/discarded')).toEqual([])
  })
})

describe('a loop', () => {
  /** What Statsig's webhook would send of what came to it, signed. */
  async function statsigSendsBack(id: string, events: object[]): Promise<void> {
    const body = JSON.stringify(events)
    const timestamp = String(Date.now())
    const signature = createHmac('sha256', 'whsec-loop').update(`v0:${timestamp}:${body}`).digest('hex')
    const headers = { 'x-statsig-request-timestamp': timestamp, 'x-statsig-signature': `v0=${signature}` }
    const answer = await fetch(`${causeway.url}/webhooks/statsig/${id}`, { method: 'POST', headers, body })
    expect(answer.status).toBe(200)
  }
  /** What a webhook destination of the source that we export to would send us. */
  async function segmentSendsBack(connection: Connection, messages: object[]): Promise<void> {
    const authorization = `Basic ${Buffer.from(`${connection.writeKey}:`).toString('base64')}`
    const answer = await fetch(`${causeway.url}/webhooks/segment/${connection.id}`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify(messages),
    })
    expect(answer.status).toBe(200)
  }
  async function post(path: string, body: object, headers: Record<string, string> = {}): Promise<void> {
    const answer = await fetch(`${causeway.url}${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    })
    expect(answer.ok).toBe(true)
  }

  it('does not arise in three rounds with both directions on', async () => {
    const connection = await connect('loop')
    const { id, writeKey } = connection
    const isOfLoop = ({ eventName }: StatsigEvent) => eventName.includes('Loop')
    let [seenAtStatsig, seenAtSegment] = [0, 0]
    for (let round = 1; round <= 3; round += 1) {
      await post('/v1/track', {
        writeKey,
        userId: 'u1',
        event: `Loop In ${round}`,
        messageId: `loop-${round}`,
      })
      const exposure = { eventName: 'statsig::gate_exposure', metadata: { gate: `Loop ${round}` } }
      const own = [{ eventName: `Loop Out ${round}` }, exposure].map((event) => ({
        ...event,
        ...{ user: { userID: 'u-loop' }, time: Date.now() },
      }))
      await post('/v1/log_event', { events: own }, { 'statsig-api-key': 'secret-loop' })
      await waitFor(
        async () => (await totals(id)).pending + (await totals(id, 'inbound')).pending === 0,
        30_000,
      )

      const atStatsig = (await eventsAtStatsig()).filter(isOfLoop)
      const atSegment = (await tracks()).filter(({ userId }) => userId === 'u-loop' || userId === 'u1')
      expect([atStatsig.length - seenAtStatsig, atSegment.length - seenAtSegment]).toEqual([1, 2])
      await statsigSendsBack(
        id,
        atStatsig.slice(seenAtStatsig).map((event, n) => ({ ...event, timeUUID: `back-${round}-${n}` })),
      )
      await segmentSendsBack(connection, atSegment.slice(seenAtSegment))
      ;[seenAtStatsig, seenAtSegment] = [atStatsig.length, atSegment.length]
      await waitFor(async () => (await totals(id)).accepted === round * 3, 30_000)
      await waitFor(async () => (await totals(id, 'inbound')).accepted === round * 3, 30_000)
      await waitFor(
        async () => (await totals(id)).pending + (await totals(id, 'inbound')).pending === 0,
        30_000,
      )
    }
    expect(await totals(id)).toMatchObject({ delivered: 6, filtered: 3 })
    expect(await totals(id, 'inbound')).toMatchObject({ delivered: 3, filtered: 6 })
    const { data } = await causeway.api<{ data: ListedEntry[] }>(
      'GET',
      `/connections/${id}/messages?outcome=filtered`,
    )
    expect(new Set(data.map(({ reason }) => reason))).toEqual(new Set(['loop']))
    expect((await eventsAtStatsig()).filter(isOfLoop)).toHaveLength(3)
  }, 120_000)
})

describe("the mission's example", () => {
  it('joins an exposure by the Statsig SDK and an event by the Segment SDK by one segmentAnonymousId', async () => {
    const { id, writeKey } = await connect('example')
    await causeway.api('PATCH', `/connections/${id}`, {
      outbound: { forward: true, identifiers: [{ from: 'segmentAnonymousId', to: 'anonymousId' }] },
    })
    const anonymousId = 'visitor-7f3a'
    await runNodeCore(job('example', 'secret', { customIDs: { segmentAnonymousId: anonymousId } }, 'Seen'))
    const { Analytics } = await import('@segment/analytics-node')
    const analytics = new Analytics({ writeKey, host: causeway.url, flushAt: 1 })
    analytics.track({ anonymousId, event: 'Order Completed', properties: { revenue: 20 } })
    await analytics.closeAndFlush()

    const isVisitors = ({ user }: StatsigEvent) => user.customIDs?.segmentAnonymousId === anonymousId
    const mine = async () => (await eventsAtStatsig()).filter(isVisitors).map(({ eventName }) => eventName)
    await waitFor(async () => (await mine()).includes('segment::Order Completed'), 30_000)
    await waitFor(async () => (await mine()).includes('statsig::gate_exposure'), 30_000)
    await settled(id, 6)
    const atSegment = (await tracks()).filter((track) => track.anonymousId === anonymousId)
    expect(atSegment.map(({ event }) => event)).toContain('statsig::gate_exposure')
  }, 60_000)
})

describe('a crowd of events, with the worker killed in the middle', () => {
  const total = 20_000
  const perRequest = 500
  let id: string

  // How many more make how many requests: bench/outbound.ts.
  it('arrives whole, in about the fewest requests', async () => {
    ;({ id } = await connect('crowd'))
    for (let from = 0; from < total; from += perRequest) {
      const events = Array.from({ length: perRequest }, (_, n) => ({
        ...{ eventName: 'Crowd', user: { userID: `c${from + n}` }, time: Date.now(), value: from + n },
        metadata: { sku: `sku-${n}`, shelf: 'top', colour: 'green' },
      }))
      const answer = await fetch(`${causeway.url}/v1/log_event`, {
        method: 'POST',
        headers: { 'statsig-api-key': 'secret-crowd' },
        body: JSON.stringify({ events }),
      })
      expect(answer.status).toBe(202)
      if (from === total / 2) causeway.kill9('bin/worker')
    }
    await waitFor(async () => (await totals(id)).delivered === total, 180_000)
    const mine = (await tracks()).filter(({ event }) => event === 'Crowd')
    expect(new Set(mine.map(({ userId }) => userId)).size).toBe(total)
    const bytes = mine.reduce((sum, track) => sum + Buffer.byteLength(JSON.stringify(track)) + 1, 0)
    const least = Math.ceil(bytes / (500 * 1024))
    const requests = (await causeway.sandbox<{ writeKey: string }[]>('GET', '/segment/requests')).filter(
      ({ writeKey }) => writeKey === 'wk-crowd',
    ).length
    expect(mine.length - total).toBeLessThanOrEqual(2_500)
    // A few more where a worker was killed, and where the first went at once.
    expect(requests).toBeLessThanOrEqual(Math.ceil(least * 1.02) + 4)
  }, 120_000)

  it('is exported again over REST: planned, the bulk worker killed, paused, resumed, and told to the end', async () => {
    interface Export {
      id: string
      status: string
      counts: { planned: number; done: number; delivered: number; skipped: number; rejected: number }
      plan?: { total: number; deliverable: number; delivered: number }
    }
    const hour = 3_600_000
    const window = {
      from: new Date(Date.now() - hour).toISOString(),
      to: new Date(Date.now() + hour).toISOString(),
    }
    const start = (more: object) =>
      causeway.api<Export>('POST', `/connections/${id}/exports`, { ...window, ...more })
    const read = (exportId: string) => causeway.api<Export>('GET', `/exports/${exportId}`)
    const ended = async (exportId: string): Promise<Export> => {
      await waitFor(async () => /completed|cancelled/.test((await read(exportId)).status), 120_000)
      return read(exportId)
    }

    const { id: planId } = await start({ dryRun: true })
    await waitFor(async () => (await read(planId)).plan !== undefined, 120_000)
    expect(await read(planId)).toMatchObject({
      status: 'planned',
      plan: { total, deliverable: 0, delivered: total },
    })

    const before = (await tracks()).length
    const { id: exportId } = await start({ force: true, rate: 1_000 })
    await waitFor(async () => (await read(exportId)).counts.delivered > 0, 120_000)
    causeway.kill9('bin/bulk-worker')

    // The next worker takes new work at once, and what the dead one had when Temporal gives it up.
    const { id: cancelledId } = await start({ force: true, rate: 100 })
    await waitFor(async () => (await read(cancelledId)).counts.delivered > 0, 120_000)
    await causeway.api('POST', `/exports/${cancelledId}/cancel`)
    const cancelled = await ended(cancelledId)
    expect(cancelled).toMatchObject({ status: 'cancelled' })

    expect(await causeway.api('POST', `/exports/${exportId}/pause`)).toMatchObject({ status: 'paused' })
    expect((await read(exportId)).counts.delivered).toBeLessThan(total)
    expect(await causeway.api('POST', `/exports/${exportId}/resume`)).toMatchObject({ status: 'running' })
    await causeway.api('PATCH', `/exports/${exportId}`, { rate: null })
    expect((await ended(exportId)).counts).toMatchObject({
      ...{ planned: total, done: total, delivered: total, skipped: 0, rejected: 0 },
    })
    const again = (await tracks()).slice(before).filter(({ event }) => event === 'Crowd')
    expect(new Set(again.map(({ messageId }) => messageId)).size).toBe(total)
    expect(again.length - total - cancelled.counts.delivered).toBeLessThanOrEqual(2_500)
    expect((await totals(id)).delivered).toBe(total)
  }, 300_000)
})
