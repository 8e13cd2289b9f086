/** A redrive by filter: all that was rejected, filtered or skipped, with the settings of now. */
import { Select } from '@mantine/core'
import { Button } from '../../parts/button.tsx'
import { useNavigate } from '@tanstack/react-router'
import { useState, type SyntheticEvent } from 'react'
import { useStartJob } from '../../api/jobs.ts'
import { ProblemNote } from '../../parts/problem-note.tsx'
import { asIso, isWindow, lastHours, WindowFields } from './window-fields.tsx'

export function NewRedrive({ connectionId }: { connectionId: string }) {
  const [outcome, setOutcome] = useState('rejected')
  const [window, setWindow] = useState(lastHours(24))
  const start = useStartJob('redrives', connectionId)
  const navigate = useNavigate()
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    const { from, to } = asIso(window)
    start.mutate(
      { outcome, since: from, until: to },
      {
        onSuccess: (job) =>
          void navigate({ to: '/jobs/$kind/$jobId', params: { kind: 'redrives', jobId: job.id } }),
      },
    )
  }
  return (
    <form className="card pad stack wide" onSubmit={submit} aria-label="New redrive">
      <div className="row" style={{ alignItems: 'flex-end' }}>
        <Select
          label="What was"
          w={150}
          value={outcome}
          onChange={(value) => value && setOutcome(value)}
          data={['rejected', 'filtered', 'skipped']}
        />
        <WindowFields window={window} set={setWindow} />
      </div>
      {start.error && <ProblemNote error={start.error} />}
      <div className="row">
        <Button type="submit" size="sm" disabled={!isWindow(window)} loading={start.isPending}>
          Redrive them
        </Button>
        <span className="dim">Each becomes “waiting” again, and its outcome is the new one.</span>
      </div>
    </form>
  )
}
