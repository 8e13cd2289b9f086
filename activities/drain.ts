/**
 * One stint of a lane: take it, read runs, deliver them, linger for more, and hand it back. Everything that must
 * survive is in the store; what Temporal sees are counts and states.
 */
import { BridgeError } from '../core/errors.ts'
import type { LaneName, StandingLane } from '../core/lanes.ts'
import type { BulkStore, Clock, ConnectionStore, ErasureStore, LaneStore, Lease, Log } from '../core/ports.ts'
import { createBulkPace, isJobOver, type BulkPace } from './bulk-pace.ts'
import { createFill, isAllOf, releasedRows, runEntriesOf, wholeParts, type Batch } from './batching.ts'
import { deliverRun, type RunContext, type Stopped } from './deliver-run.ts'
import { toFailure } from './failures.ts'
import type { LaneHandler } from './lane-handler.ts'
import { openKey, type Missing } from './lane-key.ts'
import type { ParsedBodies } from './parsed-bodies.ts'
import { createRunReader } from './read-run.ts'
import { watchForStop } from './watch-for-stop.ts'
import type { createWatch } from './watch.ts'

export interface DrainInput {
  connectionId: string
  lane: LaneName
}

export interface DrainResult {
  /** `more`: call again at once. `done`: the lane of a job has ended. All others: wait for the signal `wake`, or as long as `wakeInMs` says. */
  state: 'more' | 'done' | 'asleep' | 'paused' | 'needs_attention'
  reason?: string
  /** Entries ended in this stint. */
  entries: number
  /** Position of the last ended entry. */
  cursor: number
  /** What the lane has may not leave before then. */
  wakeInMs?: number
}

export interface DrainDeps {
  connections: ConnectionStore
  lanes: LaneStore
  erasures: Pick<ErasureStore, 'guard'>
  jobs: BulkStore
  handlers: Partial<Record<string, LaneHandler>>
  watch: ReturnType<typeof createWatch>
  clock: Clock
  log: Log
  /** What a filler of this process has parsed. */
  parsed?: ParsedBodies
  /** Tests shorten these; the defaults are what the product runs with. */
  timing?: Partial<typeof defaultTiming> & { fillMs?: number }
}

const defaultTiming = {
  /** How long an empty lane is watched before it goes to sleep: most lanes are woken by their next event for nothing. */
  lingerMs: 5_000,
  /** A stint ends now and then, so that its counts are seen and a new worker can take over. */
  stintMs: 300_000,
}
const idlePollMs = 1_000
/** How often a batch that is not full looks whether it can be filled. */
const fillLookMs = 250
/** The filler of a job writes in this very process, which `data_version` does not tell. */
const fillPollMs = 50

/** With what the drains of a process remember of each lane between their stints. */
type Deps = DrainDeps & Pick<RunContext, 'refusals' | 'halved'>

export function createDrain(given: DrainDeps) {
  const deps: Deps = { ...given, refusals: new Map(), halved: new Map() }
  return async function drain({ connectionId, lane }: DrainInput): Promise<DrainResult> {
    try {
      return await runStint(deps, { connectionId, lane })
    } catch (error) {
      throw toFailure(error, deps.log)
    }
  }
}

async function runStint(deps: Deps, { connectionId, lane }: DrainInput): Promise<DrainResult> {
  const { lanes, clock, jobs } = deps
  if (await isJobOver(jobs, connectionId, lane)) return { state: 'done', entries: 0, cursor: 0 }
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
    if (result.state === 'paused' && (await isJobOver(jobs, connectionId, lane))) return end('done')
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
  const pace = await createBulkPace(deps, opened)
  const handler = handlerOf(deps, pace.steering ? bulkOf(pace.steering.handler) : opened.lane)
  const prepare = createPrepare(deps, handler, pace, stopping, onProgress)
  const fill = createFill(deps.timing?.fillMs ?? handler.fillMs)
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
    if (next === undefined || next === 'empty' || !('run' in next)) next = await prepare(lease)
    ahead = undefined
    if (next === 'empty') {
      if (await pace.isDrained()) return end('done')
      if (
        pace.steering === undefined &&
        clock.nowMs() - idleSinceMs >= lingerMs &&
        (await lanes.sleep(lease))
      )
        return end('asleep')
      const pollMs = pace.steering ? fillPollMs : Math.min(idlePollMs, lingerMs)
      await Promise.race([watch.changed(seen, pollMs), stopping.stopped])
      continue
    }
    if ('missing' in next) return end('needs_attention', await holdForKey(deps, lease, next))
    if ('untilMs' in next) return restUntil(deps, lease, next.untilMs, end)
    const waitMs = fill.waitMs(next, clock.nowMs())
    if (waitMs > 0) {
      const look = new Promise((resolve) => setTimeout(resolve, Math.min(waitMs, fillLookMs)))
      await Promise.race([look, stopping.stopped])
      continue
    }
    const run = { entries: next.run.length, startedMs: clock.nowMs() }
    const delivering = deliverRun(next.context, lease, next.run)
    ahead = readAhead(prepare, { ...lease, cursor: lease.cursor + next.run.length })
    const result = await delivering
    if ('kind' in result) return afterStop(deps, result, end)
    lease = result
    fill.sent(clock.nowMs())
    await pace.rest(lease, run, () => stopping.shutdown || stopping.forgotten || stopping.signal.aborted)
    idleSinceMs = clock.nowMs()
  }
}

type Prepared = ({ context: RunContext } & Batch) | Missing | { untilMs: number } | 'empty'

/** Lets the lane rest with what it has: neither appends nor the sweep wake it before its time. */
async function restUntil({ lanes, clock }: DrainDeps, lease: Lease, untilMs: number, end: End) {
  const reason = `Batches are sent by the clock; the next at ${new Date(untilMs).toISOString()}.`
  await lanes.rest(lease, untilMs, reason)
  return { ...end('asleep', reason), wakeInMs: Math.max(1, untilMs - clock.nowMs()) }
}

/** Reads and decides the run behind a lease's cursor, with the settings and the key of this moment. */
function createPrepare(
  deps: Deps,
  handler: LaneHandler,
  pace: BulkPace,
  stopping: ReturnType<typeof watchForStop>,
  onProgress: (lease: Lease) => void,
) {
  const readRun = createRunReader(deps.lanes, handler, pace.steering?.ageAtMs, deps.parsed)
  return async function prepare(lease: Lease): Promise<Prepared> {
    const entriesMax = await pace.entriesMax(runEntriesOf(handler))
    const found = await deps.lanes.read(lease, entriesMax)
    if (found.length === 0) return 'empty'
    const context = await contextOf(deps, handler, lease, stopping, onProgress)
    if ('missing' in context) return context
    const { rows, untilMs } = releasedRows(found, handler, context.settings, deps.clock.nowMs())
    if (rows.length === 0 && untilMs !== undefined) return { untilMs }
    const known = {
      isErased: deps.erasures.guard(lease.connectionId),
      experiments: await handler.experiments?.(lease.connectionId),
    }
    const run = await readRun(rows, lease.cursor, context.settings, entriesMax, known)
    const isAll = untilMs === undefined && isAllOf(rows, lease.cursor, run, entriesMax)
    return { context, ...wholeParts(run, isAll, handler) }
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

/** A job keeps neither the hour nor the day at which a lane sends its batches. */
const bulkOf = (handler: StandingLane) => (handler === 'outbound' ? 'export' : handler)

function handlerOf({ handlers }: DrainDeps, lane: string): LaneHandler {
  const handler = handlers[lane]
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
  const { connections, lanes, clock, log, refusals, halved } = deps
  const connection = await connections.get(connectionId)
  if (!connection) throw new BridgeError('not_found', `Connection ${connectionId} is gone.`)
  const { settingsVersion } = connection
  const opened = await openKey(handler, connectionId, connection.settings)
  if ('missing' in opened) return opened
  const { key, settings } = opened
  return {
    ...{ lanes, handler, clock, log, key, settings, settingsVersion, onProgress, refusals, halved },
    signal: stopping.signal,
    isStopping: () => stopping.shutdown || stopping.forgotten,
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
