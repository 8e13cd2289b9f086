/** What goes on beside the two carriageways: audiences and replays, in one quiet line. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { audiencesQuery, type Audience } from '../../api/audiences.ts'
import { jobsQuery, type Job } from '../../api/jobs.ts'
import { plural } from '../../parts/numbers.ts'

export function Besides({ connectionId }: { connectionId: string }) {
  const { data: audiences } = useQuery(audiencesQuery(connectionId))
  const { data: replays } = useQuery(jobsQuery('replays', connectionId))
  const params = { connectionId }
  return (
    <div className="sums dim">
      <Link to="/connections/$connectionId/audiences" params={params}>
        {audiences ? audienceWords(audiences) : 'audiences'}
      </Link>
      <Link to="/connections/$connectionId/jobs" params={params}>
        {replays ? replayWords(replays) : 'replays'}
      </Link>
    </div>
  )
}

function audienceWords(audiences: Audience[]): string {
  if (audiences.length === 0) return 'no audience yet'
  const inStep = audiences.filter(({ state }) => state === 'idle').length
  return inStep === audiences.length
    ? `${plural(inStep, 'audience')} in step`
    : `${inStep} of ${plural(audiences.length, 'audience')} in step`
}

function replayWords(replays: Job[]): string {
  const running = replays.filter(({ status }) => status === 'running' || status === 'paused').length
  return running === 0 ? 'no replay running' : `${plural(running, 'replay')} under way`
}
