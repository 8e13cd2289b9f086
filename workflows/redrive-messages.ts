/** Messages that were rejected, filtered or skipped, sent again with the settings of now. */
import type { JobView } from '../activities/jobs.ts'
import { runJob, type JobRunInput } from './run-job.ts'

export async function redriveMessages(input: JobRunInput): Promise<JobView> {
  return runJob(input)
}
