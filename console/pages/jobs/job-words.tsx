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

export function windowOf({ from, to, id, path }: Job): string {
  const window = from !== undefined && to !== undefined ? `${day(from)} – ${day(to)}` : id
  return path ? `${window}, from ${path}` : window
}

export function errorOf({ error }: Job): string | undefined {
  if (typeof error === 'string') return error
  return error?.text ?? error?.message
}
