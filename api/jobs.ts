/** How the HTTP room starts and steers jobs: the store first, then their workflow; what Temporal misses, the sweep finds. */
import { BridgeError } from '../core/errors.ts'
import { isOver, jobKinds, jobLane, jobRun, type JobKind } from '../core/jobs.ts'
import type { Job, NewJob } from '../core/ports.ts'
import type { ApiDeps } from './deps.ts'

/**
 * Makes the job and starts its workflow. Where Temporal is down it is there nevertheless: the sweep starts it once
 * Temporal is back.
 */
export async function startJob(deps: ApiDeps, job: Omit<NewJob, 'id' | 'nowMs'>): Promise<Job> {
  const { store, ids, clock, runs, log } = deps
  const made = await store.jobs.create({ ...job, id: ids.next(job.kind), nowMs: clock.nowMs() })
  try {
    await runs.start(jobRun(made))
  } catch (error) {
    log.warn({ event: 'job.start_failed', jobId: made.id, error: String(error) }, 'job.start_failed')
  }
  return made
}

/** The job of this kind, or `not_found`. */
export async function loadJob({ store }: ApiDeps, kind: JobKind, id: string): Promise<Job> {
  const job = await store.jobs.get(id)
  if (job?.kind !== kind) throw new BridgeError('not_found', `There is no ${kind} ${id}.`)
  return job
}

/**
 * Asks its workflow to change it. Throws `job_over` once it has ended, `temporal_unavailable` where nobody can be asked.
 * A workflow that is gone although the job is not (a lost Temporal database) is started again first.
 */
export async function steerJob(
  deps: ApiDeps,
  job: Job,
  update: SteerUpdate,
  args: unknown[] = [],
): Promise<Job> {
  const { runs, store } = deps
  if (update === 'cancel' && job.status === 'cancelled') return job
  if (isOver(job.status) || job.endedAtMs !== undefined)
    throw new BridgeError('job_over', `This ${job.kind} is ${job.status}.`)
  const ask = () => runs.update(jobLane(job.kind, job.id), update, args)
  try {
    await ask()
  } catch (error) {
    if (!(error instanceof BridgeError) || error.code !== 'not_found') throw error
    await runs.start(jobRun(job))
    await ask()
  }
  return (await store.jobs.get(job.id)) ?? job
}

export type SteerUpdate = 'pause' | 'resume' | 'cancel' | 'rate'

/** Plural names of the routes. */
export const jobRoutes: Record<JobKind, string> = {
  replay: 'replays',
  export: 'exports',
  redrive: 'redrives',
}

export const saysOf = (kind: JobKind): string => jobKinds[kind].says
