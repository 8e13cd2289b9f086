/** A past window of Statsig events, sent to Segment again. */
import type { JobView } from '../activities/jobs.ts'
import { runJob, type JobRunInput } from './run-job.ts'

export async function exportOutbound(input: JobRunInput): Promise<JobView> {
  return runJob(input)
}
