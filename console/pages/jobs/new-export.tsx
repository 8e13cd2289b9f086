/** An export: a past window of Statsig events goes to Segment again. */
import { Button } from '../../parts/button.tsx'
import { useNavigate } from '@tanstack/react-router'
import { useState, type SyntheticEvent } from 'react'
import { useStartJob } from '../../api/jobs.ts'
import { ProblemNote } from '../../parts/problem-note.tsx'
import { asIso, isWindow, lastHours, WindowFields } from './window-fields.tsx'

export function NewExport({ connectionId }: { connectionId: string }) {
  const [window, setWindow] = useState(lastHours(24))
  const start = useStartJob('exports', connectionId)
  const navigate = useNavigate()
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    start.mutate(asIso(window), {
      onSuccess: (job) =>
        void navigate({ to: '/jobs/$kind/$jobId', params: { kind: 'exports', jobId: job.id } }),
    })
  }
  return (
    <form className="card pad stack wide" onSubmit={submit} aria-label="New export">
      <div className="row" style={{ alignItems: 'flex-end' }}>
        <WindowFields window={window} set={setWindow} />
      </div>
      {start.error && <ProblemNote error={start.error} />}
      <div className="row">
        <Button type="submit" size="sm" disabled={!isWindow(window)} loading={start.isPending}>
          Start the export
        </Button>
        <span className="dim">What Segment has already is not sent twice.</span>
      </div>
    </form>
  )
}
