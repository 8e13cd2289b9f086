/**
 * One stint of a job's filler: it keeps the lane filled, at most 10,000 entries ahead of the drain, and says with each
 * append how far its source has been read. What survives a crash is in the store, exactly.
 */
import { BridgeError } from '../core/errors.ts'
import { aheadMax, isOver } from '../core/jobs.ts'
import type { Clock, FillLease, FillState, Job, JobStore, Log } from '../core/ports.ts'
import { toFailure } from './failures.ts'
import type { Filler } from './fillers.ts'
import type { ParsedBodies } from './parsed-bodies.ts'
import { watchForStop } from './watch-for-stop.ts'

export interface FillDeps {
  jobs: JobStore
  clock: Clock
  log: Log
  fillers: { store: Filler; archive: Filler }
  /** For the drain of this process. */
  parsed?: ParsedBodies
  /** Tests shorten these; the defaults are what the product runs with. */
  fillTiming?: Partial<typeof defaultTiming>
}

export interface JobInput {
  jobId: string
}

export interface FillResult {
  /** `more`: call again. `held`: wait for the signal `wake`. `done`: the lane is closed. `over`: the job has ended. */
  state: 'more' | 'held' | 'done' | 'over'
}

const defaultTiming = {
  /** A stint ends now and then, so that a new worker can take over. */
  stintMs: 600_000,
  /** How often the drain is looked at while it is far enough behind. */
  pollMs: 100,
}
/** Messages that a redrive takes in one transaction. */
const takenMax = 500

export function createFillJob(deps: FillDeps) {
  return async function fillJob({ jobId }: JobInput): Promise<FillResult> {
    try {
      return await runStint(deps, jobId)
    } catch (error) {
      throw toFailure(error, deps.log)
    }
  }
}

type Stint = FillDeps & {
  lease: FillLease
  isEnding: () => boolean
  signal: AbortSignal
  stopped: Promise<unknown>
}

async function runStint(deps: FillDeps, jobId: string): Promise<FillResult> {
  const { jobs, clock } = deps
  const { stintMs } = { ...defaultTiming, ...deps.fillTiming }
  const lease = await jobs.openFill(jobId, clock.nowMs())
  const job = await jobs.get(jobId)
  if (!job) throw new BridgeError('not_found', `There is no job ${jobId}.`)
  if (isOver(job.status) || job.endedAtMs !== undefined) return { state: 'over' }
  if (job.closed) return { state: 'done' }
  const startedMs = clock.nowMs()
  let n = 0
  const stopping = watchForStop(() => (n += 1))
  const isEnding = () => stopping.shutdown || stopping.forgotten || clock.nowMs() - startedMs > stintMs
  const { signal, stopped } = stopping
  try {
    const stint: Stint = { ...deps, lease, isEnding, signal, stopped }
    return { state: await (job.kind === 'redrive' ? take(stint) : read(stint, job)) }
  } finally {
    stopping.end()
  }
}

/** Appends what the source says, step by step. */
async function read(stint: Stint, job: Job): Promise<FillResult['state']> {
  const { jobs, lease, clock, signal, fillers, parsed } = stint
  const source = 'source' in job.spec && job.spec.source === 'archive' ? fillers.archive : fillers.store
  let { checkpoint } = job
  for await (const step of source(job, signal)) {
    const room = await waitForRoom(stint, step.entries)
    if (room !== 'room') return room
    const { requestIds } = await jobs.fill(lease, step.filling, clock.nowMs())
    const [requestId] = requestIds
    if (step.parsed && requestId !== undefined) parsed?.put(requestId, step.parsed)
    checkpoint = step.filling.checkpoint
    // The drain is in this process too: it must come to its turn.
    await new Promise(setImmediate)
  }
  await jobs.fill(lease, { checkpoint, closed: true }, clock.nowMs())
  return 'done'
}

/** Takes entries back into the way, a few hundred at a time: the store finds and marks them in one transaction. */
async function take(stint: Stint): Promise<FillResult['state']> {
  const { jobs, lease, clock } = stint
  for (;;) {
    const room = await waitForRoom(stint, takenMax)
    if (room !== 'room') return room
    const step = await jobs.redrive(lease, takenMax, clock.nowMs())
    if (step.done) return 'done'
    await new Promise(setImmediate)
  }
}

async function waitForRoom(stint: Stint, entries: number): Promise<'room' | FillResult['state']> {
  const { jobs, lease, clock, signal, isEnding, stopped } = stint
  const { pollMs } = { ...defaultTiming, ...stint.fillTiming }
  for (let touchedMs = clock.nowMs(); ;) {
    signal.throwIfAborted()
    const state = await jobs.fillState(lease)
    const verdict = judge(state, entries)
    if (verdict === 'room' && isEnding()) return 'more'
    if (verdict !== 'wait') return verdict
    if (isEnding()) return 'more'
    if (clock.nowMs() - touchedMs > 10_000) {
      await jobs.touch(lease.jobId, clock.nowMs())
      touchedMs = clock.nowMs()
    }
    await Promise.race([new Promise((resolve) => setTimeout(resolve, pollMs)), stopped])
  }
}

function judge({ status, held, ahead }: FillState, entries: number): 'room' | 'wait' | 'held' | 'over' {
  if (isOver(status)) return 'over'
  if (held) return 'held'
  return ahead > 0 && ahead + entries > aheadMax ? 'wait' : 'room'
}
