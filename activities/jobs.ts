/** The short steps of a job: begun, steered, ended. All that they change is in the store. */
import type { Clock, Job, JobChange, JobStore, Log } from '../core/ports.ts'
import { plannedOf, type JobStatus } from '../core/jobs.ts'
import { BridgeError } from '../core/errors.ts'
import { toFailure } from './failures.ts'
import type { JobInput } from './fill-job.ts'

export interface JobDeps {
  jobs: JobStore
  clock: Clock
  log: Log
}

/** What the workflow knows of its job: counts and states. */
export interface JobView {
  status: JobStatus
  lane: Job['lane']
  dryRun: boolean
  ended: boolean
  planned: number
  done: number
  delivered: number
  perSecond: number
  rate: number | null
  error?: string
}

export interface SteerInput extends JobInput {
  change: JobChange
}
export interface EndInput extends JobInput {
  how: 'completed' | 'failed'
  error?: string | undefined
}

export function createJobSteps({ jobs, clock, log }: JobDeps) {
  const step =
    <I extends JobInput>(work: (input: I) => Promise<Job>) =>
    async (input: I): Promise<JobView> => {
      try {
        return viewOf(await work(input))
      } catch (error) {
        throw toFailure(error, log)
      }
    }
  return {
    lookAtJob: step(async ({ jobId }: JobInput) => {
      const job = await jobs.get(jobId)
      if (!job) throw new BridgeError('not_found', `There is no job ${jobId}.`)
      return job
    }),
    beginJob: step(({ jobId }: JobInput) => jobs.begin(jobId, clock.nowMs())),
    steerJob: step(({ jobId, change }: SteerInput) => jobs.steer(jobId, change, clock.nowMs())),
    endJob: step(({ jobId, how, error }: EndInput) => jobs.end(jobId, how, error, clock.nowMs())),
  }
}

function viewOf(job: Job): JobView {
  const { status, lane, dryRun, totals, perSecond, rate, error } = job
  return {
    ...{ status, lane, dryRun, ended: job.endedAtMs !== undefined },
    planned: plannedOf({ ...job, accepted: totals.accepted }),
    done: totals.accepted - totals.pending,
    delivered: totals.delivered,
    perSecond: status === 'running' ? perSecond : 0,
    rate: rate ?? null,
    ...(error === undefined ? {} : { error }),
  }
}
