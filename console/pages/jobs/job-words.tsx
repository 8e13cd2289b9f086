/** A job's state and window in words. */
import type { Job, JobStatus } from '../../api/jobs.ts'
import { StateMark } from '../../parts/outcome-mark.tsx'

const tones: Record<JobStatus, 'good' | 'warn' | 'bad' | 'dim'> = {
  planned: 'dim',
  running: 'good',
  paused: 'warn',
  completed: 'good',
  cancelled: 'dim',
  failed: 'bad',
}

export const JobState = ({ job }: { job: Job }) => (
  <StateMark tone={tones[job.status]}>
    {job.dryRun === true && job.status === 'planned' ? 'plan only' : job.status}
  </StateMark>
)

const day = (iso: string) =>
  new Date(iso).toLocaleString('en', {
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hour12: false,
  })

export function windowOf({ from, to, id, path, outcome, messageIds }: Job): string {
  const one = messageIds?.length === 1 ? messageIds[0] : undefined
  if (outcome !== undefined) return `What was ${outcome}${one === undefined ? '' : `: ${one}`}`
  const window = from !== undefined && to !== undefined ? `${day(from)} – ${day(to)}` : id
  return path ? `${window}, from ${path}` : window
}
