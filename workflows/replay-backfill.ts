/** A past window of messages, forwarded again: from the store or an archive. */
import type { JobView } from '../activities/jobs.ts'
import { runJob, type JobRunInput } from './run-job.ts'

export async function replayBackfill(input: JobRunInput): Promise<JobView> {
  return runJob(input)
}
