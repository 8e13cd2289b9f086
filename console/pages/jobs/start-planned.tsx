/** From a plan to the replay or export that it planned. */
import { Button } from '../../parts/button.tsx'
import { useNavigate } from '@tanstack/react-router'
import { useStartJob, type Job, type JobKind } from '../../api/jobs.ts'
import { ProblemNote } from '../../parts/problem-note.tsx'

const words: Record<JobKind, string> = { replays: 'replay', exports: 'export', redrives: 'redrive' }

export function StartPlanned({ kind, job }: { kind: JobKind; job: Job }) {
  const { connectionId, source, path, from, to, events, types, force, rate } = job
  const start = useStartJob(kind, connectionId)
  const navigate = useNavigate()
  const go = () =>
    start.mutate(
      { source, path, from, to, events, types, force, rate: rate ?? undefined },
      {
        onSuccess: ({ id }) => void navigate({ to: '/jobs/$kind/$jobId', params: { kind, jobId: id } }),
      },
    )
  return (
    <div className="stack">
      {start.error && <ProblemNote error={start.error} />}
      <div className="row">
        <Button size="sm" loading={start.isPending} onClick={go}>
          Start this {words[kind]}
        </Button>
        <span className="dim">It runs beside live traffic and yields to it.</span>
      </div>
    </div>
  )
}
