// Jobs on a test server: made in the store and started as the api does.
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import type { JobKind, JobSpec } from '../../core/jobs.ts'
import { jobRun } from '../../core/jobs.ts'
import type { Job, NewJob } from '../../core/ports.ts'
import { causewayConnection, causewayLane } from '../../core/search-attributes.ts'
import { connectionId, startMs, type World } from '../support/world.ts'
import { taskQueue } from './support.ts'

let made = 0

export function makeJob(
  { store }: World,
  kind: JobKind,
  spec: JobSpec,
  given: Partial<NewJob> = {},
): Promise<Job> {
  made += 1
  return store.jobs.create({
    ...{ id: `job_${made}`, kind, connectionId, spec, rate: undefined, force: false, handler: 'events' },
    ...{ dryRun: false, nowMs: startMs },
    ...given,
  })
}

export function startJob({ client }: TestWorkflowEnvironment, job: Job) {
  const { workflow, workflowId, args, connectionId: ofConnection, lane = '' } = jobRun(job)
  return client.workflow.start(workflow, {
    ...{ workflowId, taskQueue, args },
    typedSearchAttributes: [
      { key: causewayConnection, value: ofConnection },
      { key: causewayLane, value: lane },
    ],
  })
}

export async function jobOf({ store }: World, id: string): Promise<Job> {
  const job = await store.jobs.get(id)
  if (!job) throw new Error(`no job ${id}`)
  return job
}
