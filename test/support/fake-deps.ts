// The HTTP room with its real Store in a temporary file; clock, ids and Temporal are what a test says they are.
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { BlockList } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApp, type AppType } from '../../api/app.ts'
import type { ApiDeps } from '../../api/deps.ts'
import { createAlertWatch } from '../../api/alert-watch.ts'
import { createErasureStarter } from '../../api/erasures.ts'
import { createStreams } from '../../api/streams.ts'
import { createAudienceSyncs } from '../../clients/temporal-audiences.ts'
import { createWaker } from '../../api/waker.ts'
import { createOutboundGuard } from '../../clients/outbound-guard.ts'
import { idPrefixes } from '../../core/ids.ts'
import type { LaneName } from '../../core/lanes.ts'
import type {
  Clock,
  Connection,
  Ids,
  KeyKind,
  LaneStarter,
  Log,
  RunStart,
  Store,
  WorkflowRuns,
} from '../../core/ports.ts'
import { defaultSettings } from '../../core/settings.ts'
import { previewFilters } from '../../db/preview.ts'
import { createSecretBox } from '../../db/secret-box.ts'
import { openStore } from '../../db/store.ts'
import { putMigrated } from './migrated.ts'

export const nowMs = Date.parse('2026-01-05T12:00:00.000Z')
export const apiKey = 'key-of-the-test'

/** A clock that stands still until a test moves it. */
export class FixedClock implements Clock {
  ms = nowMs
  nowMs(): number {
    return this.ms
  }
}

/** `con_1`, `con_2`, … and write keys `write-key-1`, … in the order of asking. */
export function countingIds(): Ids {
  let made = 0
  return {
    next: (kind) => `${idPrefixes[kind]}_${++made}`,
    writeKey: () => `write-key-${++made}`,
    secret: () => `made-secret-${++made}-${'x'.repeat(30)}`,
  }
}

/** Records what it is asked for, and answers as `answer` says. */
export class RecordingStarter implements LaneStarter {
  readonly calls: string[] = []
  isReachable = true
  answer: () => Promise<void> = async () => undefined

  async wake(connectionId: string, lane: LaneName): Promise<void> {
    this.calls.push(`wake ${connectionId} ${lane}`)
    await this.answer()
  }
  async ensure(connectionId: string, lane: LaneName): Promise<void> {
    this.calls.push(`ensure ${connectionId} ${lane}`)
    await this.answer()
  }
  async reachable(): Promise<boolean> {
    return this.isReachable
  }
}

/** Records each call as a line and its arguments. Updates answer what `answerUpdate` says. */
export class RecordingRuns implements WorkflowRuns {
  readonly calls: { call: string; workflowId: string; name: string; args: unknown[] }[] = []
  answerUpdate: (update: string, args: unknown[]) => unknown = () => undefined

  async start({ workflow, workflowId, args }: RunStart): Promise<boolean> {
    this.calls.push({ call: 'start', workflowId, name: workflow, args })
    return true
  }
  async signalWithStart({ workflowId }: RunStart, name: string, args: unknown[]): Promise<void> {
    this.calls.push({ call: 'signalWithStart', workflowId, name, args })
  }
  async signal(workflowId: string, name: string, args: unknown[]): Promise<void> {
    this.calls.push({ call: 'signal', workflowId, name, args })
  }
  async update<T>(workflowId: string, name: string, args: unknown[]): Promise<T> {
    this.calls.push({ call: 'update', workflowId, name, args })
    return (await this.answerUpdate(name, args)) as T
  }
  async cancel(workflowId: string): Promise<void> {
    this.calls.push({ call: 'cancel', workflowId, name: '', args: [] })
  }
  async reachable(): Promise<boolean> {
    return true
  }
}

export class RecordingLog implements Log {
  readonly lines: { level: string; fields: Record<string, unknown> }[] = []
  info = (fields: Record<string, unknown>) => void this.lines.push({ level: 'info', fields })
  warn = (fields: Record<string, unknown>) => void this.lines.push({ level: 'warn', fields })
  error = (fields: Record<string, unknown>) => void this.lines.push({ level: 'error', fields })
}

export interface ApiWorld {
  app: AppType
  store: Store
  /** The same file through a connection of its own: what it reads is on disk. */
  openSecond: () => Store
  path: string
  clock: FixedClock
  starter: RecordingStarter
  runs: RecordingRuns
  log: RecordingLog
  deps: ApiDeps
  /** A connection straight in the store. */
  connect: (id: string, options?: NewConnection) => Promise<Connection>
  /** A request to the control plane, with the key and a JSON body. */
  call: (method: string, path: string, body?: unknown) => Promise<Answer>
  close: () => Promise<void>
}

interface Answer {
  status: number
  text: string
  json: unknown
}

interface NewConnection {
  keys?: Partial<Record<KeyKind, string>>
  writeKey?: string
}

/** `change` replaces parts of the real world, made of the ones that would be there. */
export function createApiWorld(change: (deps: ApiDeps) => Partial<ApiDeps> = () => ({})): ApiWorld {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-api-'))
  const path = join(folder, 'causeway.db')
  const box = createSecretBox(Buffer.alloc(32, 7))
  const opened: Store[] = []
  const open = () => {
    const store = openStore(path, box)
    opened.push(store)
    return store
  }
  putMigrated(path)
  const store = open()
  const clock = new FixedClock()
  const starter = new RecordingStarter()
  const runs = new RecordingRuns()
  const log = new RecordingLog()
  const real: ApiDeps = {
    ...{ store, starter, runs, clock, ids: countingIds(), log, isDiskFull: () => false },
    idTypes: { known: async () => undefined, create: () => Promise.reject(new Error('no Statsig here')) },
    experiments: { of: async () => undefined },
    audienceSyncs: createAudienceSyncs({ runs, clock }),
    erasureStarter: createErasureStarter({ erasures: store.erasures, runs, log }),
    archives: { resolve: async (path) => path },
    filterPreviews: { preview: async (request) => previewFilters(path, request, () => false) },
    senders: {},
    alertWatch: createAlertWatch({ store, runs, clock, ids: countingIds(), log, owner: 'test' }),
    alertUrlFault: (url) => createOutboundGuard([]).faultOf(url),
    waker: createWaker({ lanes: store.lanes, starter, clock, log }),
    segmentOauth: undefined,
    streams: createStreams(),
    trustedProxies: new BlockList(),
    config: {
      apiKeyHash: createHash('sha256').update(apiKey).digest(),
      lateAfterMs: 3_600_000,
      tooOldAfterMs: 7 * 86_400_000,
      retentionDays: 14,
      publicUrl: 'http://bridge.test',
      metricsNeedKey: true,
      segmentApiUrl: 'http://segment.test',
      temporalUi: { url: 'http://temporal.test', namespace: 'default' },
    },
  }
  const deps = { ...real, ...change(real) }
  const app = createApp(deps)
  return {
    ...{ app, store, path, clock, starter, runs, log, deps, openSecond: open },
    connect: (id, { keys = {}, writeKey = `wk-${id}` } = {}) =>
      store.connections.create({
        ...{ id, name: `Name of ${id}`, setup: 'manual', writeKey, settings: defaultSettings, keys },
        nowMs: clock.ms,
      }),
    call: async (method, at, body) => {
      const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }
      const init = body === undefined ? {} : { body: JSON.stringify(body) }
      const response = await app.request(at, { method, headers, ...init })
      const text = await response.text()
      return { status: response.status, text, json: JSON.parse(text) as unknown }
    },
    close: async () => {
      for (const each of opened) await each.close()
      rmSync(folder, { recursive: true })
    },
  }
}
