/**
 * One run of an audience's sync: what the ledger wants and the list at Statsig has not, in as few calls as possible.
 * All of its progress is in the store; a run that is cut short goes on where it was.
 */
import { Context } from '@temporalio/activity'
import type { SyncResult } from '../core/audiences/details.ts'
import { idsPerCallMax, sizeWarnings } from '../core/audiences/limits.ts'
import { BridgeError } from '../core/errors.ts'
import type {
  Audience,
  AudienceStore,
  Clock,
  Connection,
  ConnectionStore,
  Log,
  StatsigSegments,
  SyncMode,
  SyncRecord,
  SyncRun,
} from '../core/ports.ts'
import { toFailure } from './failures.ts'
import { ensureList } from './sync-list.ts'
import { compareList } from './sync-reconcile.ts'
import { removeMembers } from './sync-removals.ts'
import { addMembers, asked, Stopped, type SyncContext, type SyncTally } from './sync-send.ts'

export interface SyncDeps {
  audiences: AudienceStore
  connections: ConnectionStore
  segments: StatsigSegments
  clock: Clock
  log: Log
  /** Waits for a call of the budget; tests shorten it. */
  syncSleep?: (ms: number) => Promise<void>
  /** Tests send fewer than Statsig takes. */
  syncIdsPerCall?: number
}

export interface SyncInput {
  connectionId: string
  audience: string
  /** The workflow's time: the guard's day is told by it. */
  nowMs: number
}

const heartbeatEveryMs = 5_000

export function createSyncMembers(deps: SyncDeps) {
  return async function syncMembers(input: SyncInput): Promise<SyncResult> {
    try {
      return await run(deps, input)
    } catch (error) {
      throw toFailure(error, deps.log)
    }
  }
}

async function run(deps: SyncDeps, input: SyncInput): Promise<SyncResult> {
  const { audiences, connections } = deps
  const audience = await audiences.get(input.connectionId, input.audience)
  const connection = await connections.get(input.connectionId)
  if (!audience || !connection) throw new BridgeError('not_found', `Audience ${input.audience} is gone.`)
  const context = openContext(deps, input, audience, connection)
  try {
    return await runOpen(context, audience)
  } finally {
    context.end()
  }
}

type OpenContext = SyncContext & {
  end: () => void
  connection: Connection
  syncs: SyncDeps
  startedAtMs: number
}

async function runOpen(context: OpenContext, audience: Audience): Promise<SyncResult> {
  const mode = audience.requestedMode ?? 'changes'
  try {
    context.key = await openKey(context)
    await context.record({ state: 'syncing', reason: null })
    await ensureList(context, context.connection, mode)
    await pushAll(context, mode)
    return await finish(context, mode, 'idle')
  } catch (error) {
    if (!(error instanceof Stopped)) throw error
    if (error.state === 'more') return resultOf(context, 'more')
    return finish(context, mode, error.state, error.message)
  }
}

async function pushAll(context: SyncContext, mode: SyncMode): Promise<void> {
  await warnOfSizes(context, mode)
  if (mode === 'reconcile') await compareList(context)
  await addMembers(context, mode)
  await removeMembers(context, mode)
}

/** Counting a whole project is many reads, so between the nights our own lists stand for it. */
async function warnOfSizes(context: SyncContext, mode: SyncMode): Promise<void> {
  const { audiences, segments, key, signal, nowMs } = context
  const { addsDue, applied, connectionId } = await context.audience()
  const projectIds =
    mode === 'changes'
      ? await audiences.appliedOf(connectionId)
      : await asked(context, () => segments.projectIds(key, signal))
  const warnings = sizeWarnings({ listIds: applied + addsDue, projectIds: projectIds + addsDue }, nowMs)
  // Crossing a thousand is for ever.
  const codes = ['project_cap_near', ...warnings.map(({ code }) => code)] as const
  await context.record({ warnings: { codes: [...codes], warnings } })
}

async function openKey({ connection, syncs }: OpenContext): Promise<string> {
  if (connection.paused) throw new Stopped('paused', 'The connection is paused.')
  try {
    const key = await syncs.connections.openKey(connection.id, 'statsig.consoleKey')
    if (key !== undefined) return key
  } catch (error) {
    if (!(error instanceof BridgeError) || error.code !== 'secret_unreadable') throw error
    throw new Stopped('needs_attention', error.message)
  }
  throw new Stopped(
    'needs_attention',
    'No Statsig console key is set: ID lists are kept through the Console API. Memberships are kept; set `statsig.consoleKey` to sync them.',
  )
}

function openContext(
  deps: SyncDeps,
  { connectionId, audience: key, nowMs }: SyncInput,
  audience: Audience,
  connection: Connection,
): OpenContext {
  const { audiences, segments, clock, log, connections } = deps
  const activity = Context.current()
  const stop = { shutdown: false }
  activity.cancelled.catch((reason: unknown) => {
    stop.shutdown = reason instanceof Error && reason.message === 'WORKER_SHUTDOWN'
  })
  // What an attempt that failed had done is in the store; these numbers are only shown.
  const before = activity.info.heartbeatDetails as Partial<SyncTally> | undefined
  const tally: SyncTally = { added: 0, removed: 0, failed: 0, calls: 0, budget: [], ...before }
  const beat = setInterval(() => activity.heartbeat(tally), heartbeatEveryMs)
  const load = async () => {
    const found = await audiences.get(connectionId, key)
    if (!found) throw new BridgeError('not_found', `Audience ${key} is gone.`)
    return found
  }
  return {
    ...{ audiences, segments, clock, log, nowMs, key: '', target: audience, tally, connection, syncs: deps },
    startedAtMs: clock.nowMs(),
    signal: abortOnCancel(activity, stop),
    audience: load,
    record: (found: SyncRecord) => audiences.record(audience, found, nowMs),
    isStopping: () => stop.shutdown,
    isPaused: async () => (await connections.get(connectionId))?.paused ?? false,
    isKeyReplaced: async (used) =>
      (await connections.openKey(connectionId, 'statsig.consoleKey').catch(() => used)) !== used,
    sleep: deps.syncSleep ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms))),
    ...{ idsPerCall: deps.syncIdsPerCall ?? idsPerCallMax, marking: Promise.resolve(), unsettled: 0 },
    end: () => clearInterval(beat),
  }
}

/** A worker that shuts down lets the call in flight end and marks it; any other cancellation aborts it. */
function abortOnCancel(activity: Context, stop: { shutdown: boolean }): AbortSignal {
  const abort = new AbortController()
  activity.cancelled.catch((reason: unknown) => {
    if (!stop.shutdown) abort.abort(reason)
  })
  return abort.signal
}

/**
 * A call of which nobody knows what became is settled when all that was due has been sent again, or the list has been
 * read: what the guard holds may have gone with it.
 */
async function finish(
  context: OpenContext,
  mode: SyncMode,
  state: Exclude<SyncResult['state'], 'more'>,
  reason?: string,
): Promise<SyncResult> {
  const { tally, difference, clock, startedAtMs } = context
  const { failed, guard, addsDue, removesDue } = await context.audience()
  const isDone = state === 'idle'
  const ended = isDone && guard ? 'waiting_approval' : state
  const shown = guard && isDone ? guard.message : reason
  const { added, removed, calls } = tally
  const run: SyncRun = {
    ...{ mode, status: !isDone ? 'stopped' : failed > 0 ? 'partial' : 'success' },
    ...{ startedAtMs, endedAtMs: clock.nowMs(), added, removed, failed, calls },
    ...(difference === undefined ? {} : { difference }),
  }
  const isWorthTelling = mode !== 'changes' || tally.calls > 0 || failed > 0 || !isDone
  await context.record({
    ...{ state: ended, reason: shown ?? null },
    ...(isWorthTelling && state !== 'paused' ? { lastRun: run } : {}),
    ...(isDone ? { doneMode: mode } : {}),
    ...(isDone && (mode === 'reconcile' || addsDue + removesDue === 0) ? { inFlight: false } : {}),
  })
  return resultOf(context, ended, shown)
}

async function resultOf(
  { tally, audience }: SyncContext,
  state: SyncResult['state'],
  reason?: string,
): Promise<SyncResult> {
  const { desired, applied, failed, guard } = await audience()
  return {
    ...{ state, desired, applied, ...tally, failed },
    ...(reason === undefined ? {} : { reason: reasonForHistory(reason) }),
    ...(guard === undefined ? {} : { held: guard.planned }),
  }
}

/** What a vendor said may quote an id, and no id goes into a history. */
const reasonForHistory = (reason: string): string => reason.split(' Statsig says: ')[0] ?? ''
