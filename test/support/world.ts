// A small world for drains: a real Store in a temporary file, a Statsig that a test scripts, messages in lanes.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createActivities, type ActivityDeps } from '../../activities/index.ts'
import type { DrainDeps } from '../../activities/drain.ts'
import { createAudiencesHandler } from '../../activities/audiences-handler.ts'
import { createArchiveFiller } from '../../activities/archive-filler.ts'
import { createStatsigHandler } from '../../activities/statsig-handler.ts'
import { createStoreFiller } from '../../activities/store-filler.ts'
import { createWatch } from '../../activities/watch.ts'
import { createFolderArchives } from '../../clients/archive-folder.ts'
import type { StandingLane } from '../../core/lanes.ts'
import type { AlertSender, Clock, StatsigEvents, Store, VendorAnswer } from '../../core/ports.ts'
import { defaultSettings } from '../../core/settings.ts'
import { createSecretBox } from '../../db/secret-box.ts'
import { openStore } from '../../db/store.ts'
import { putMigrated } from './migrated.ts'
import { setupOn } from './segment.ts'
import { RecordingSyncs, ScriptedSegments } from './audiences.ts'

export const connectionId = 'con_test'
export const serverKey = 'secret-test'
export const startMs = Date.parse('2026-01-05T12:00:00.000Z')

/** What a scripted Statsig is asked, and what it says: a status, or a whole answer. */
export type Script = (request: {
  key: string
  events: WireEvent[]
  index: number
}) => number | Partial<VendorAnswer>
export interface WireEvent {
  eventName: string
  user: { userID?: string }
  metadata?: Record<string, string>
}

export class ScriptedStatsig implements StatsigEvents {
  script: Script
  /** Every request, refused ones too. */
  readonly requests: { key: string; events: WireEvent[]; status: number | undefined }[] = []

  constructor(script: Script = () => 202) {
    this.script = script
  }

  async logEvents(key: string, eventsJson: string[]): Promise<VendorAnswer> {
    const events = eventsJson.map((text) => JSON.parse(text) as WireEvent)
    const said = this.script({ key, events, index: this.requests.length })
    const answer = { status: 202, text: '{"success":true}', retryAfterMs: undefined, durationMs: 1 }
    Object.assign(
      answer,
      typeof said === 'number' ? { status: said, text: said < 300 ? answer.text : '' } : said,
    )
    this.requests.push({ key, events, status: answer.status })
    return answer
  }

  async forward(key: string, body: string): Promise<VendorAnswer> {
    const { events } = JSON.parse(body) as { events: WireEvent[] }
    return this.logEvents(
      key,
      events.map((event) => JSON.stringify(event)),
    )
  }

  /** userIDs of the events that were taken, in order. */
  taken(): string[] {
    const ok = this.requests.filter(({ status }) => status !== undefined && status < 300)
    return ok.flatMap(({ events }) => events.map(({ user }) => user.userID ?? ''))
  }
}

/** Takes every alert, unless told otherwise. */
export class RecordingAlerts implements AlertSender {
  readonly requests: { url: string; id: string; body: string }[] = []
  answer: (index: number) => Partial<VendorAnswer> = () => ({})

  faultOf(): undefined {
    return undefined
  }
  async send({ url, id, body }: { url: string; id: string; body: string }): Promise<VendorAnswer> {
    this.requests.push({ url, id, body })
    const taken = { status: 204, text: '', retryAfterMs: undefined, durationMs: 1 }
    return { ...taken, ...this.answer(this.requests.length - 1) }
  }
}

export interface World {
  /** The database file. */
  path: string
  store: Store
  statsig: ScriptedStatsig
  segments: ScriptedSegments
  syncs: RecordingSyncs
  deps: ActivityDeps
  activities: ReturnType<typeof createActivities>
  /** Appends one request of track messages, one for each user id. */
  append: (userIds: string[], lane?: StandingLane) => Promise<{ asleep: string[] }>
  /** Appends one request of messages as they are. */
  appendMessages: (messages: object[], lane?: StandingLane) => Promise<{ asleep: string[] }>
  totals: (lane?: StandingLane) => Promise<Record<string, number>>
  lane: (lane?: StandingLane) => Promise<{ state: string; reason: string | undefined; pending: number }>
  close: () => Promise<void>
}

const fixedClock: Clock = { nowMs: () => startMs }
/** A lane sleeps as soon as it is empty. */
const atOnce: NonNullable<DrainDeps['timing']> = { lingerMs: 0 }
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }

export async function createWorld({
  statsig = new ScriptedStatsig(),
  clock = fixedClock,
  timing = atOnce,
} = {}): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-'))
  const path = join(folder, 'causeway.db')
  putMigrated(path)
  const store = openStore(path, createSecretBox(Buffer.alloc(32, 7)))
  await store.connections.create({
    ...{ id: connectionId, name: 'Test', setup: 'manual', writeKey: 'write-key', settings: defaultSettings },
    keys: { 'statsig.serverKey': serverKey },
    nowMs: startMs,
  })
  const { connections, lanes } = store
  const handler = createStatsigHandler({ connections, statsig, tooOldAfterMs: 7 * 86_400_000 })
  const { audiences } = store
  const syncs = new RecordingSyncs()
  const segments = new ScriptedSegments()
  const memberships = createAudiencesHandler({ audiences, syncs, clock })
  const archives = createFolderArchives([folder])
  const watch = createWatch(() => lanes.version())
  const deps: ActivityDeps = {
    connections,
    lanes,
    handlers: { events: handler, late: handler, audiences: memberships },
    ...{ audiences, syncs, segments },
    watch,
    clock,
    log: silent,
    timing,
    retention: store.retention,
    jobs: store.jobs,
    fillers: {
      store: createStoreFiller(store),
      archive: createArchiveFiller({ jobs: store.jobs, archives }),
    },
    fillTiming: { pollMs: 5 },
    retentionDays: 14,
    erasures: store.erasures,
    ...{ alerts: store.alerts, alertSender: new RecordingAlerts() },
    setup: setupOn(store, clock),
  }
  const stats = async () => store.stats.read(connectionId, { sinceMs: 0, stepMs: 60_000 })
  const appendMessages: World['appendMessages'] = (messages, lane = 'events') =>
    store.inbox.append({
      ...{ connectionId, receivedAtMs: startMs, source: 'tracking', call: 'batch', callerIp: undefined },
      body: Buffer.from(JSON.stringify({ batch: messages })),
      lanes: [{ lane, items: undefined, count: messages.length, sole: true }],
    })
  return {
    ...{ path, store, statsig, segments, syncs, deps, activities: createActivities(deps), appendMessages },
    append: (userIds, lane) =>
      appendMessages(
        userIds.map((userId) => track(userId)),
        lane,
      ),
    totals: async (lane = 'events') => {
      const found = (await stats()).find((row) => row.lane === lane)
      if (!found) throw new Error(`no lane ${lane}`)
      return { ...found.totals }
    },
    lane: async (lane = 'events') => {
      const found = (await connections.lanes(connectionId)).find((row) => row.lane === lane)
      if (!found) throw new Error(`no lane ${lane}`)
      return found
    },
    close: async () => {
      await store.close()
      rmSync(folder, { recursive: true })
    },
  }
}

/** A track message whose id follows from its user. */
export const track = (userId: string, rest: object = {}): object => ({
  ...{ type: 'track', event: 'Order Completed', messageId: `m-${userId}`, userId },
  ...{ timestamp: new Date(startMs).toISOString() },
  ...rest,
})

/** `u1` … `un`. */
export const users = (n: number, from = 1): string[] =>
  Array.from({ length: n }, (_, index) => `u${from + index}`)
