/** One replay, export or redrive: a page that reads from across the room. */
import { NumberInput, Skeleton } from '@mantine/core'
import { Button } from '../parts/button.tsx'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useState, type SyntheticEvent } from 'react'
import { isOver, jobKinds, jobQuery, useSteerJob, type Job, type JobKind } from '../api/jobs.ts'
import { useAbout } from '../layout/current-connection.ts'
import { TimeAgo } from '../parts/now.tsx'
import { count, duration, percent } from '../parts/numbers.ts'
import { PageHead } from '../parts/page-head.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { TemporalLink } from '../parts/temporal-link.tsx'
import { Progress } from './jobs/job-table.tsx'
import { JobState, windowOf } from './jobs/job-words.tsx'
import { Notes } from './jobs/notes.tsx'
import { PlanView } from './jobs/plan-view.tsx'
import { StartPlanned } from './jobs/start-planned.tsx'

const titles: Record<JobKind, string> = { replays: 'Replay', exports: 'Export', redrives: 'Redrive' }

const plans: Record<JobKind, string> = {
  ...titles,
  replays: 'Plan of a replay',
  exports: 'Plan of an export',
}

export function JobPage() {
  const { kind: named, jobId = '' } = useParams({ strict: false })
  const kind = jobKinds.find((one) => one === named) ?? 'replays'
  const { data: job, error, refetch } = useQuery(jobQuery(kind, jobId))
  useAbout(job?.connectionId)
  return (
    <div className="page stack wide">
      <PageHead
        title={job?.dryRun === true ? plans[kind] : titles[kind]}
        actions={job && <TemporalLink url={job.temporalUrl} />}
      >
        {job ? windowOf(job) : jobId}
      </PageHead>
      {error && !job && <ProblemNote error={error} retry={() => void refetch()} />}
      {!job && !error && <Skeleton height={320} />}
      {job && <JobView kind={kind} job={job} />}
    </div>
  )
}

function JobView({ kind, job }: { kind: JobKind; job: Job }) {
  const fault = job.error
  if (job.dryRun === true && fault === undefined) return <PlanOnly kind={kind} job={job} />
  return (
    <>
      {fault !== undefined && (
        <div className="note bad-note" role="alert">
          <div className="grow">
            <p className="note-title">It stopped: {fault}</p>
            <p>What was delivered stays delivered; what was not sent is still kept.</p>
          </div>
        </div>
      )}
      <section className="card pad stack wide" aria-label="Progress">
        <div className="row between">
          <JobState job={job} />
          <Pace job={job} />
        </div>
        <div
          className="huge"
          role="status"
          aria-label={`${percent(job.counts.done, job.counts.planned)} done`}
        >
          {percent(job.counts.done, job.counts.planned)}
        </div>
        <Progress job={job} />
        <Controls kind={kind} job={job} />
      </section>
      <Counts kind={kind} job={job} />
      <Notes job={job} />
      {job.plan && (
        <section className="card pad stack">
          <h2>The plan</h2>
          <PlanView job={job} />
        </section>
      )}
    </>
  )
}

/** Nothing runs and nothing was sent: there is no progress to show, and a start to offer. */
function PlanOnly({ kind, job }: { kind: JobKind; job: Job }) {
  return (
    <>
      <section className="card pad stack wide" aria-labelledby="plan-only">
        <div className="row between">
          <h2 id="plan-only">
            <JobState job={job} />
          </h2>
          <span className="dim">
            made <TimeAgo at={job.createdAt} />; nothing was sent
          </span>
        </div>
        <PlanView job={job} />
        {job.plan && <StartPlanned kind={kind} job={job} />}
      </section>
      <Notes job={job} />
    </>
  )
}

function Pace({ job: { status, ratePerSecond, etaSeconds, endedAt } }: { job: Job }) {
  if (isOver(status)) return <span className="dim">ended {endedAt && <TimeAgo at={endedAt} />}</span>
  return (
    <span className="num dim">
      {count(ratePerSecond)} a second
      {etaSeconds === null || status !== 'running' ? '' : ` · ${duration(etaSeconds * 1_000)} to go`}
    </span>
  )
}

function Controls({ kind, job }: { kind: JobKind; job: Job }) {
  const steer = useSteerJob(kind, job.id)
  if (isOver(job.status) || job.dryRun === true) return null
  const isPaused = job.status === 'paused'
  return (
    <div className="stack">
      <div className="row" style={{ alignItems: 'flex-end' }}>
        <Button
          size="sm"
          variant={isPaused ? 'filled' : 'default'}
          loading={steer.isPending}
          onClick={() => steer.mutate(isPaused ? 'resume' : 'pause')}
        >
          {isPaused ? 'Resume' : 'Pause'}
        </Button>
        <Button size="sm" variant="default" onClick={() => steer.mutate('cancel')}>
          Cancel
        </Button>
        <RateForm key={job.rate ?? 0} rate={job.rate ?? undefined} set={(rate) => steer.mutate({ rate })} />
      </div>
      {steer.error && <ProblemNote error={steer.error} />}
    </div>
  )
}

function RateForm({ rate, set }: { rate: number | undefined; set: (rate: number | null) => void }) {
  const [value, setValue] = useState<number | undefined>(rate)
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    set(value ?? null)
  }
  return (
    <form className="row" style={{ alignItems: 'flex-end' }} onSubmit={submit}>
      <NumberInput
        label="At most, a second"
        placeholder="no limit"
        min={1}
        w={150}
        value={value ?? ''}
        onChange={(next) => setValue(next === '' ? undefined : Number(next))}
      />
      <Button type="submit" size="sm" variant="default" disabled={value === rate}>
        Set the rate
      </Button>
    </form>
  )
}

function Counts({ kind, job }: { kind: JobKind; job: Job }) {
  const { counts, connectionId, id } = job
  const lane = `${kind.slice(0, -1)}:${id}`
  const tiles = [
    ['delivered', counts.delivered],
    ['filtered', counts.filtered],
    ['skipped', counts.skipped],
    ['rejected', counts.rejected],
  ] as const
  return (
    <section className="stack" aria-labelledby="report">
      <div className="row between">
        <h2 id="report">Report</h2>
        {kind === 'replays' && (
          <a href={`/api/v1/replays/${id}/report.csv`} download>
            Download what was not delivered as CSV
          </a>
        )}
      </div>
      <div className="tiles">
        {tiles.map(([outcome, n]) => (
          <div key={outcome} className="card tile">
            <div className="dim">{outcome}</div>
            <Link
              to="/connections/$connectionId/messages"
              params={{ connectionId }}
              search={{ lane, outcome }}
              className="big"
            >
              {count(n)}
            </Link>
          </div>
        ))}
        {counts.unsent > 0 && (
          <div className="card tile">
            <div className="dim">not sent</div>
            <div className="big">{count(counts.unsent)}</div>
          </div>
        )}
        {counts.outsideWindow > 0 && (
          <div className="card tile">
            <div className="dim">outside the window</div>
            <div className="big">{count(counts.outsideWindow)}</div>
          </div>
        )}
      </div>
    </section>
  )
}
