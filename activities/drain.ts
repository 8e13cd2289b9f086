/**
 * One stint of a lane: take it, read runs, deliver them, linger for more, and hand it back. Everything that must
 * survive is in the store; what Temporal sees are counts and states.
 */
import { Context } from '@temporalio/activity'
import { BridgeError } from '../core/errors.ts'
import type { LaneName } from '../core/lanes.ts'
import type {
  Clock,
  ConnectionStore,
  ErasureStore,
  LaneStore,
  Lease,
  Log,
  RefusedKey,
} from '../core/ports.ts'
import { deliverRun, type RunContext, type Stopped } from './deliver-run.ts'
import { toFailure } from './failures.ts'
import type { LaneHandler } from './lane-handler.ts'
import { createRunReader, type Decided } from './read-run.ts'
import type { createWatch } from './watch.ts'

export interface DrainInput {
  connectionId: string
  lane: LaneName
}

export interface DrainResult {
  /** `more`: call again at once. All others: wait for the signal `wake`. */
  state: 'more' | 'asleep' | 'paused' | 'needs_attention'
  reason?: string
  /** Entries ended in this stint. */
  entries: number
  /** Position of the last ended entry. */
  cursor: number
}

export interface DrainDeps {
  connections: ConnectionStore
  lanes: LaneStore
  erasures: Pick<ErasureStore, 'guard'>
  handlers: Partial<Record<string, LaneHandler>>
  watch: ReturnType<typeof createWatch>
  clock: Clock
  log: Log
  /** Tests shorten these; the defaults are what the product runs with. */
  timing?: Partial<typeof defaultTiming>
}

/** Entries that one run reads: one full batch of Statsig's, and a commit of a few milliseconds. */
const runEntriesMax = 1000
const defaultTiming = {
  /** How long an empty lane is watched before it goes to sleep: most lanes are woken by their next event for nothing. */
  lingerMs: 5_000,
  /** A stint ends now and then, so that its counts are seen and a new worker can take over. */
  stintMs: 300_000,
}
const idlePollMs = 1_000
const heartbeatEveryMs = 5_000

/** With what the drains of a process remember of each lane between their stints. */
type Deps = DrainDeps & Pick<RunContext, 'refusals'>

export function createDrain(given: DrainDeps) {
  const deps: Deps = { ...given, refusals: new Map() }
  return async function drain({ connectionId, lane }: DrainInput): Promise<DrainResult> {
    try {
      return await runStint(deps, { connectionId, lane })
    } catch (error) {
      throw toFailure(error, deps.log)
    }
  }
}

async function runStint(deps: Deps, { connectionId, lane }: DrainInput): Promise<DrainResult> {
  const { lanes, clock } = deps
  const opened = await lanes.open(connectionId, lane, clock.nowMs())
  if ('held' in opened) return { state: opened.held, entries: 0, cursor: opened.cursor }
  let lease: Lease = opened
  const stopping = watchForStop(() => lease.cursor)
  const end = (state: DrainResult['state'], reason?: string): DrainResult => ({
    state,
    entries: lease.cursor - opened.cursor,
    cursor: lease.cursor,
    ...(reason === undefined ? {} : { reason }),
  })
  let result: DrainResult | undefined
  try {
    result = await drainOpen(deps, opened, stopping, (next) => (lease = next), end)
    return result
  } finally {
    stopping.end()
    if (stopping.forgotten && (result === undefined || result.state === 'more')) await layDown(deps, lease)
  }
}

/**
 * Temporal does not know this activity any more (its database was lost, or the run was terminated): nobody will call
 * again. The lane is left asleep with its backlog, so that the api's sweep wakes it within a second; without this it
 * would look as if it ran, until it has been silent for long. A newer drain's lane is left alone.
 */
async function layDown({ lanes, clock, log }: DrainDeps, lease: Lease): Promise<void> {
  try {
    // A lane that nobody paused falls asleep by this; a paused one is paused.
    await lanes.hold(lease, 'paused', undefined, clock.nowMs())
  } catch (error) {
    log.warn(
      { event: 'lane.not_laid_down', laneId: lease.laneId, error: String(error) },
      'lane.not_laid_down',
    )
  }
}

type End = (state: DrainResult['state'], reason?: string) => DrainResult

async function drainOpen(
  deps: Deps,
  opened: Lease,
  stopping: ReturnType<typeof watchForStop>,
  onProgress: (lease: Lease) => void,
  end: End,
): Promise<DrainResult> {
  const { lanes, watch, clock } = deps
  const prepare = createPrepare(deps, opened, stopping, onProgress)
  const { lingerMs, stintMs } = { ...defaultTiming, ...deps.timing }
  const startedMs = clock.nowMs()
  let lease = opened
  let ahead: Promise<Prepared> | undefined
  for (let idleSinceMs = startedMs; ;) {
    stopping.signal.throwIfAborted()
    if (stopping.shutdown || stopping.forgotten || clock.nowMs() - startedMs > stintMs) return end('more')
    const seen = watch.version()
    let next = await ahead
    // What was not there when it was read ahead may be there now: lanes sleep and are held on fresh knowledge alone.
    if (next === undefined || next === 'empty' || 'missing' in next) next = await prepare(lease)
    ahead = undefined
    if (next === 'empty') {
      if (clock.nowMs() - idleSinceMs >= lingerMs && (await lanes.sleep(lease))) return end('asleep')
      await Promise.race([watch.changed(seen, Math.min(idlePollMs, lingerMs)), stopping.stopped])
      continue
    }
    if ('missing' in next) return end('needs_attention', await holdForKey(deps, lease, next))
    const delivering = deliverRun(next.context, lease, next.run)
    ahead = readAhead(prepare, { ...lease, cursor: lease.cursor + next.run.length })
    const result = await delivering
    if ('kind' in result) return afterStop(deps, result, end)
    lease = result
    idleSinceMs = clock.nowMs()
  }
}

type Prepared = { context: RunContext; run: Decided[] } | Missing | 'empty'

/** Reads and decides the run behind a lease's cursor, with the settings and the key of this moment. */
function createPrepare(
  deps: Deps,
  { lane }: Lease,
  stopping: ReturnType<typeof watchForStop>,
  onProgress: (lease: Lease) => void,
) {
  const handler = handlerOf(deps, lane)
  const readRun = createRunReader(deps.lanes, handler)
  return async function prepare(lease: Lease): Promise<Prepared> {
    const rows = await deps.lanes.read(lease, runEntriesMax)
    if (rows.length === 0) return 'empty'
    const context = await contextOf(deps, handler, lease, stopping, onProgress)
    if ('missing' in context) return context
    const isErased = deps.erasures.guard(lease.connectionId)
    const run = await readRun(rows, lease.cursor, context.settings, runEntriesMax, isErased)
    return { context, run }
  }
}

/**
 * Prepares the next run while the vendor thinks about this one: the request is under way by the next turn of the
 * event loop. Whoever drops the promise drops its fault too: the run is read again.
 */
function readAhead(prepare: (lease: Lease) => Promise<Prepared>, lease: Lease): Promise<Prepared> {
  const ahead = new Promise(setImmediate).then(() => prepare(lease))
  ahead.catch(() => undefined)
  return ahead
}

/** What the stint comes to when a run was stopped. Progress before a fault starts the patience anew. */
async function afterStop({ lanes, clock }: DrainDeps, stopped: Stopped, end: End): Promise<DrainResult> {
  switch (stopped.kind) {
    case 'paused':
      await lanes.hold(stopped.lease, 'paused', undefined, clock.nowMs())
      return end('paused')
    case 'needs_attention':
      return end('needs_attention', stopped.reason)
    case 'stopping':
      return end('more')
    case 'lost':
      throw new BridgeError('lane_lost', `epoch ${stopped.lease.epoch} is over`)
    case 'wait':
      if (end('more').entries > 0 && stopped.error.retryAfterMs === undefined) return end('more')
      throw stopped.error
  }
}

function handlerOf({ handlers }: DrainDeps, lane: LaneName): LaneHandler {
  const handler = handlers[lane.split(':', 1)[0] ?? lane]
  if (!handler) throw new BridgeError('not_found', `No handler drains the lane ${lane}.`)
  return handler
}

/** Settings, key and pause are in force at the next run read. */
async function contextOf(
  deps: Deps,
  handler: LaneHandler,
  { connectionId }: Lease,
  stopping: ReturnType<typeof watchForStop>,
  onProgress: (lease: Lease) => void,
): Promise<RunContext | Missing> {
  const { connections, lanes, clock, log, refusals } = deps
  const connection = await connections.get(connectionId)
  if (!connection) throw new BridgeError('not_found', `Connection ${connectionId} is gone.`)
  const key = await openKey(handler, connectionId)
  if (typeof key === 'object') return key
  const { settings, settingsVersion } = connection
  return {
    ...{ lanes, handler, clock, log, key, settings, settingsVersion, onProgress, refusals },
    signal: stopping.signal,
    isStopping: () => stopping.shutdown || stopping.forgotten,
  }
}

/** Why there is no key to send with, and which one was looked for. */
interface Missing {
  missing: string
  refused?: RefusedKey
}

async function openKey(
  { key: needed, vendor }: LaneHandler,
  connectionId: string,
): Promise<string | undefined | Missing> {
  if (needed === undefined) return undefined
  try {
    const key = await needed.open(connectionId)
    if (key !== undefined) return key
    const missing = `No ${vendor.name} ${needed.name} is set. Events are kept; set one to deliver them.`
    return { missing, refused: { kind: needed.kind, key } }
  } catch (error) {
    if (!(error instanceof BridgeError) || error.code !== 'secret_unreadable') throw error
    return { missing: `${error.message} Events are kept.` }
  }
}

async function holdForKey(
  { lanes, clock }: DrainDeps,
  lease: Lease,
  { missing, refused }: Missing,
): Promise<string> {
  await lanes.hold(lease, 'needs_attention', missing, clock.nowMs(), refused)
  return missing
}

/**
 * A worker that shuts down lets the request in flight end and commits it, and so does a drain that Temporal has
 * forgotten; any other cancelled activity aborts the request.
 * See the reasons of `Context.cancelled` in the Temporal SDK. The heartbeat has its own clock: a slow vendor's answer
 * is waited for longer than the server waits for a sign of life.
 */
function watchForStop(cursor: () => number) {
  const context = Context.current()
  const abort = new AbortController()
  const beat = setInterval(() => context.heartbeat({ cursor: cursor() }), heartbeatEveryMs)
  const stopped = context.cancelled.catch((reason: unknown) => {
    if (reason instanceof Error && reason.message === 'WORKER_SHUTDOWN') state.shutdown = true
    else if (reason instanceof Error && reason.message === 'NOT_FOUND') state.forgotten = true
    else abort.abort(reason)
  })
  const state = {
    shutdown: false,
    forgotten: false,
    signal: abort.signal,
    stopped,
    end: () => clearInterval(beat),
  }
  return state
}
