/**
 * One stint of housekeeping: what is too old or too much is removed, in short steps with pauses, so that accept and
 * the drains never wait long. All of its progress is in the store; a stint that is cut short loses nothing.
 */
import { Context } from '@temporalio/activity'
import type { Clock, Log } from '../core/ports.ts'
import { addRemoved, nothingRemoved, type Housekept } from '../core/housekeeping.ts'
import type { RetentionStore } from '../core/retention-ports.ts'
import { toFailure } from './failures.ts'

export interface HousekeepDeps {
  log: Log
  retention: RetentionStore
  /** Days that history is kept where nobody chose otherwise. */
  retentionDays: number
  clock: Clock
  /** What else is too old by some moment, and knows it by itself: each hands out numbers of rows of counts. */
  purges?: readonly ((nowMs: number) => AsyncIterable<number>)[]
  /** Renews what has to be renewed now and then; never throws for a single one. */
  keepGrants?: () => AsyncIterable<Partial<Housekept>>
  /** Tests shorten these; the defaults are what the product runs with. */
  housekeepTiming?: Partial<typeof defaultTiming>
}

export interface HousekeepResult extends Housekept {
  /** False: the worker shut down; call again. */
  done: boolean
}

const defaultTiming = {
  /** After a step that removed something: it held the write lock for some milliseconds, and SQLite's lock is not fair. */
  pauseMs: 20,
}
const dayMs = 86_400_000
/** Claims outlive their bodies by this, so that a late repetition is still known as one. */
const claimsOutliveMs = 7 * dayMs
const minutesKeptMs = 90 * dayMs
/** Counts are kept by the minute for this long, then by the hour. */
const byMinuteMs = 2 * dayMs
/** How long a call that carried an Idempotency-Key is known. */
const callsKeptMs = dayMs

export function createHousekeep(deps: HousekeepDeps) {
  return async function housekeep(): Promise<HousekeepResult> {
    try {
      return await runStint(deps)
    } catch (error) {
      throw toFailure(error, deps.log)
    }
  }
}

async function runStint(deps: HousekeepDeps): Promise<HousekeepResult> {
  const { pauseMs } = { ...defaultTiming, ...deps.housekeepTiming }
  const context = Context.current()
  const stop = watchForStop(context)
  // An attempt that failed has told how far it came; what it removed is counted on.
  let sum: Housekept = {
    ...nothingRemoved,
    ...(context.info.heartbeatDetails as Partial<Housekept> | undefined),
  }
  for await (const step of chores(deps)) {
    sum = addRemoved(sum, step)
    context.heartbeat(sum)
    const isIdle = Object.values(step).every((count) => count === 0)
    await new Promise((resolve) => setTimeout(resolve, isIdle ? 0 : pauseMs))
    stop.cancelled?.()
    if (stop.shutdown) return { done: false, ...sum }
  }
  return { done: true, ...sum }
}

/** All that is to be done, in the order of its worth: a stint that is cut short has freed the most. */
async function* chores({
  retention,
  retentionDays,
  clock,
  purges = [],
  keepGrants,
}: HousekeepDeps): AsyncGenerator<Partial<Housekept>> {
  const { days = retentionDays, maxBytes } = await retention.settings()
  const nowMs = clock.nowMs()
  const keptSinceMs = nowMs - days * dayMs
  yield* retention.purgeEnded(keptSinceMs)
  if (maxBytes !== undefined) yield* purgeUntilItFits(retention, maxBytes)
  for await (const claims of retention.purgeClaims(keptSinceMs - claimsOutliveMs)) yield { claims }
  for await (const minutes of retention.rollUpMinutes(nowMs - byMinuteMs)) yield { minutes }
  for await (const minutes of retention.purgeMinutes(nowMs - minutesKeptMs)) yield { minutes }
  const calls = (before: number) => retention.purgeCalls(before - callsKeptMs)
  for (const purge of [calls, ...purges]) for await (const minutes of purge(nowMs)) yield { minutes }
  if (keepGrants) yield* keepGrants()
  for await (const givenBackBytes of retention.shrink()) yield { givenBackBytes }
}

/** Where what is pending alone is too much, everything that has ended goes, and nothing else. */
async function* purgeUntilItFits(
  retention: RetentionStore,
  maxBytes: number,
): AsyncGenerator<Partial<Housekept>> {
  const isOver = async () => (await retention.holdings()).usedBytes > maxBytes
  if (!(await isOver())) return
  for await (const removed of retention.purgeEnded(Infinity)) {
    yield removed
    if (!(await isOver())) return
  }
}

/** A worker that shuts down ends the stint; any other cancellation ends the activity. */
function watchForStop(context: Context): { shutdown: boolean; cancelled?: () => never } {
  const stop: ReturnType<typeof watchForStop> = { shutdown: false }
  context.cancelled.catch((reason: unknown) => {
    if (reason instanceof Error && reason.message === 'WORKER_SHUTDOWN') stop.shutdown = true
    else
      stop.cancelled = () => {
        throw reason
      }
  })
  return stop
}
