// The doors with their real store, and a real drain behind them with a Statsig that takes everything.
import { gunzipSync } from 'node:zlib'
import { MockActivityEnvironment } from '@temporalio/testing'
import { createActivities } from '../../activities/index.ts'
import type { DrainInput, DrainResult } from '../../activities/drain.ts'
import { createAudiencesHandler } from '../../activities/audiences-handler.ts'
import { createStatsigHandler } from '../../activities/statsig-handler.ts'
import { createStoreFiller } from '../../activities/store-filler.ts'
import { createWatch } from '../../activities/watch.ts'
import type { LaneName } from '../../core/lanes.ts'
import type { LaneStats } from '../../core/ports.ts'
import { RecordingSyncs, ScriptedSegments } from '../support/audiences.ts'
import { createApiWorld } from '../support/fake-deps.ts'
import { setupOn } from '../support/segment.ts'
import { ScriptedStatsig } from '../support/world.ts'
import { connectionId, sharedSecret, writeKey, type IngestCase } from './bodies.ts'

type Drain = (input: DrainInput) => Promise<DrainResult>

export async function createIngestWorld() {
  const api = createApiWorld()
  const keys = { 'statsig.serverKey': 'secret-fuzz', 'segment.sharedSecret': sharedSecret }
  await api.connect(connectionId, { writeKey, keys })
  const { connections, lanes, retention, erasures, jobs } = api.store
  const statsig = new ScriptedStatsig()
  const handler = createStatsigHandler({ connections, statsig, tooOldAfterMs: 7 * 86_400_000 })
  const { audiences } = api.store
  const syncs = new RecordingSyncs()
  const memberships = createAudiencesHandler({ audiences, syncs, clock: api.clock })
  const { drain } = createActivities({
    ...{
      connections,
      lanes,
      clock: api.clock,
      log: api.log,
      handlers: { events: handler, late: handler, audiences: memberships },
    },
    ...{ watch: createWatch(() => lanes.version()), timing: { lingerMs: 0 }, retention, retentionDays: 14 },
    erasures,
    alerts: api.store.alerts,
    alertSender: {
      faultOf: () => undefined,
      send: () => Promise.reject(new Error('no alert is sent here')),
    },
    jobs,
    fillers: { store: createStoreFiller(api.store), archive: createStoreFiller(api.store) },
    ...{ audiences, syncs, segments: new ScriptedSegments() },
    setup: setupOn(api.store, api.clock),
  })
  const tally = {
    requests: 0,
    accepted: 0,
    items: 0,
    delivered: 0,
    known: 0,
    byStatus: {} as Record<string, number>,
  }
  const awaited = new Set<string>()

  /** Sends one request and holds it to what is promised. */
  async function send({ path, headers, body, isSound, goodUser }: IngestCase): Promise<number> {
    const bytes = new Uint8Array(body)
    const { status } = await api.app.request(path, { method: 'POST', headers, body: bytes })
    tally.requests += 1
    tally.byStatus[status] = (tally.byStatus[status] ?? 0) + 1
    if (![200, 400, 401, 404, 413].includes(status)) throw new Error(`${path} answers ${status}`)
    if (isSound && status !== 200) throw new Error(`${path} refuses a sound request with ${status}`)
    if (status === 200) {
      tally.accepted += 1
      tally.items += itemsOf(path, bytes)
      if (goodUser !== undefined) awaited.add(goodUser)
    }
    return status
  }

  /** Drains all lanes that are drained and compares every count. */
  async function settle(): Promise<void> {
    for (const lane of ['events', 'late', 'audiences'] as const) await drainLane(drain, lane)
    const stats = await api.store.stats.read(connectionId, { sinceMs: 0, stepMs: 60_000 })
    const of = (lane: LaneName) => totalsOf(stats, lane)
    for (const lane of ['events', 'late', 'audiences'] as const) {
      const { accepted, delivered, filtered, skipped, rejected, pending } = of(lane).totals
      if (pending !== 0 || accepted !== delivered + filtered + skipped + rejected)
        throw new Error(`${lane}: ${JSON.stringify(of(lane).totals)}`)
    }
    const counted = of('events').totals.accepted + of('late').totals.accepted + of('audiences').sole.accepted
    if (counted !== tally.items)
      throw new Error(`${tally.items} items were accepted and ${counted} are counted`)
    tally.delivered += checkDelivered(statsig, awaited, tally)
    const faults = api.log.lines.filter(({ level }) => level === 'error')
    if (faults.length > 0) throw new Error(`logged: ${JSON.stringify(faults[0])}`)
    api.log.lines.length = 0
  }

  /** What the explorer says of the newest messages: never a fault of ours. */
  async function explore(stories: number): Promise<void> {
    const list = await api.call('GET', `/api/v1/connections/${connectionId}/messages?limit=100`)
    const { data } = list.json as { data: { id: string }[] }
    for (const { id } of data.slice(0, stories)) {
      const { status } = await api.call('GET', `/api/v1/messages/${id}`)
      if (status !== 200) throw new Error(`the explorer answers ${status} for ${id}`)
    }
  }

  return { api, statsig, tally, send, settle, explore }
}

export type IngestWorld = Awaited<ReturnType<typeof createIngestWorld>>

async function drainLane(drain: Drain, lane: LaneName): Promise<void> {
  const environment = new MockActivityEnvironment()
  const { state } = await environment.run<[DrainInput], DrainResult, Drain>(drain, { connectionId, lane })
  if (state !== 'asleep') throw new Error(`${lane} is ${state} after its drain`)
}

function totalsOf(stats: LaneStats[], lane: LaneName): LaneStats {
  const found = stats.find((row) => row.lane === lane)
  if (!found) throw new Error(`no lane ${lane}`)
  return found
}

/** Each good message has been sent once and unchanged; answers how many events were sent in all. */
function checkDelivered(statsig: ScriptedStatsig, awaited: Set<string>, tally: { known: number }): number {
  const events = statsig.requests.flatMap((request) => request.events)
  for (const { eventName, user, metadata } of events) {
    if (user.userID === undefined || !awaited.delete(user.userID)) continue
    tally.known += 1
    if (eventName !== 'segment::Order Completed' || JSON.stringify(metadata) !== '{"plan":"pro"}')
      throw new Error(`the message of ${user.userID} was changed`)
  }
  if (awaited.size > 0) throw new Error(`never delivered: ${[...awaited].slice(0, 3).join()}`)
  statsig.requests.length = 0
  return events.length
}

/** How many messages a body holds, found out apart from the code under test. */
function itemsOf(path: string, body: Uint8Array): number {
  const plain = body[0] === 0x1f && body[1] === 0x8b ? gunzipSync(body) : body
  const parsed = JSON.parse(new TextDecoder().decode(plain)) as { batch?: unknown } | unknown[]
  if (path.startsWith('/webhooks')) return Array.isArray(parsed) ? parsed.length : 1
  if (!/^\/v1\/(batch|import|b)\b/.test(path)) return 1
  return (parsed as { batch: unknown[] }).batch.length
}
