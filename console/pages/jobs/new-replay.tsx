/** A replay: plan first, then start. */
import { Checkbox, NumberInput, SegmentedControl, TextInput } from '@mantine/core'
import { Button } from '../../parts/button.tsx'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState, type SyntheticEvent } from 'react'
import { jobQuery, useStartJob } from '../../api/jobs.ts'
import { ProblemNote } from '../../parts/problem-note.tsx'
import { PlanView } from './plan-view.tsx'
import { asIso, isWindow, lastHours, WindowFields } from './window-fields.tsx'

interface Draft {
  source: 'store' | 'archive'
  path: string
  window: { from: string; to: string }
  events: string
  rate: number | undefined
  force: boolean
}

function bodyOf({ source, path, window, events, rate, force }: Draft): Record<string, unknown> {
  const names = events
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  return {
    source,
    ...asIso(window),
    ...(source === 'archive' ? { path: path.trim() } : {}),
    ...(names.length > 0 ? { events: names } : {}),
    ...(rate === undefined ? {} : { rate }),
    ...(force ? { force } : {}),
  }
}

export function NewReplay({ connectionId }: { connectionId: string }) {
  const [draft, setDraft] = useState<Draft>({
    source: 'store',
    path: '',
    window: lastHours(24),
    events: '',
    rate: undefined,
    force: false,
  })
  const plan = useStartJob('replays', connectionId)
  const start = useStartJob('replays', connectionId)
  const navigate = useNavigate()
  const change = (part: Partial<Draft>) => {
    plan.reset()
    setDraft({ ...draft, ...part })
  }
  const isWhole = isWindow(draft.window) && (draft.source === 'store' || draft.path.trim() !== '')
  const ask = (event: SyntheticEvent) => {
    event.preventDefault()
    plan.mutate({ ...bodyOf(draft), dryRun: true })
  }
  const go = () =>
    start.mutate(bodyOf(draft), {
      onSuccess: (job) =>
        void navigate({ to: '/jobs/$kind/$jobId', params: { kind: 'replays', jobId: job.id } }),
    })
  return (
    <form className="card pad stack wide" onSubmit={ask} aria-label="New replay">
      <Fields draft={draft} change={change} />
      {(plan.error ?? start.error) && <ProblemNote error={plan.error ?? start.error} />}
      <div className="row">
        <Button
          type="submit"
          size="sm"
          variant={plan.data ? 'default' : 'filled'}
          disabled={!isWhole}
          loading={plan.isPending}
        >
          Make the plan
        </Button>
        {plan.data && (
          <Button size="sm" loading={start.isPending} onClick={go}>
            Start the replay
          </Button>
        )}
        {!plan.data && <span className="dim">The plan sends nothing: it counts what would go.</span>}
      </div>
      {plan.data && <PlanOf id={plan.data.id} />}
    </form>
  )
}

/** The plan is made by a run of its own; it is shown when it is there. */
function PlanOf({ id }: { id: string }) {
  const { data: job, error } = useQuery({
    ...jobQuery('replays', id),
    refetchInterval: ({ state }) => (state.data?.plan ? false : 700),
  })
  if (error) return <ProblemNote error={error} />
  return <PlanView job={job} />
}

function Fields({ draft, change }: { draft: Draft; change: (part: Partial<Draft>) => void }) {
  return (
    <>
      <div className="row" style={{ alignItems: 'flex-end' }}>
        <SegmentedControl
          aria-label="From"
          value={draft.source}
          onChange={(value) => change({ source: value })}
          data={[
            { value: 'store', label: 'What is kept here' },
            { value: 'archive', label: 'An archive' },
          ]}
        />
        {draft.source === 'archive' && (
          <TextInput
            label="Path"
            placeholder="s3://bucket/segment-logs, or a folder"
            value={draft.path}
            onChange={(event) => change({ path: event.currentTarget.value })}
            style={{ flex: '1 1 260px' }}
          />
        )}
      </div>
      <div className="row" style={{ alignItems: 'flex-end' }}>
        <WindowFields window={draft.window} set={(window) => change({ window })} />
      </div>
      <div className="row" style={{ alignItems: 'flex-end' }}>
        <TextInput
          label="Only these events"
          description="Names with commas between; empty for all."
          value={draft.events}
          onChange={(event) => change({ events: event.currentTarget.value })}
          style={{ flex: '1 1 260px' }}
        />
        <NumberInput
          label="At most, messages a second"
          description="Empty: as fast as live traffic lets it."
          min={1}
          value={draft.rate ?? ''}
          onChange={(value) => change({ rate: value === '' ? undefined : Number(value) })}
          style={{ flex: '1 1 220px' }}
        />
      </div>
      <Checkbox
        label="Also send what was delivered before"
        description="Statsig does not know repeats: such messages count twice there."
        checked={draft.force}
        onChange={(event) => change({ force: event.currentTarget.checked })}
      />
    </>
  )
}
