/** Where in the console a run is shown: the way back from the Temporal Web UI. */
import type { RunStart } from './run-ports.ts'
import { jobOfLane } from './jobs.ts'
import { isLaneName } from './lanes.ts'

/** A path of the console: of the job or the audience, of the lane's messages, of the set-up, else of the connection. */
export function consolePlaceOf({
  workflow,
  connectionId,
  lane,
  audience,
}: Pick<RunStart, 'workflow' | 'connectionId' | 'lane' | 'audience'>): string {
  const connection = `/connections/${connectionId}`
  if (audience !== undefined) return `${connection}/audiences/${encodeURIComponent(audience)}`
  const job = lane !== undefined && isLaneName(lane) ? jobOfLane(lane) : undefined
  if (job) return `/jobs/${job.kind}s/${job.id}`
  if (lane !== undefined) return `${connection}/messages?lane=${encodeURIComponent(lane)}`
  return workflow === 'connectSegment' ? `${connection}/setup` : connection
}
