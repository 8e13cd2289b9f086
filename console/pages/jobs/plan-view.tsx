/** What a replay would do, before it does it: a bar per day, and what will become of the whole. */
import { Skeleton } from '@mantine/core'
import type { Job, Plan } from '../../api/jobs.ts'
import { BarsChart } from '../../parts/lazy-charts.tsx'
import { reasonWord } from '../../parts/lane-words.ts'
import { count, duration } from '../../parts/numbers.ts'
import { OutcomeMark } from '../../parts/outcome-mark.tsx'

const sum = (counts: Record<string, number> | undefined, except: string[] = []): number =>
  Object.entries(counts ?? {}).reduce((total, [key, n]) => (except.includes(key) ? total : total + n), 0)

interface Part {
  key: string
  label: string
  n: number
  className: string
}

function partsOf(plan: Plan): Part[] {
  return [
    { key: 'deliverable', label: 'will go', n: plan.deliverable, className: 'bar-delivered' },
    { key: 'before', label: 'done before', n: plan.delivered, className: 'bar-skipped' },
    { key: 'tooOld', label: 'too old', n: plan.tooOld, className: 'bar-pending' },
    { key: 'filtered', label: 'filtered', n: sum(plan.filtered), className: 'bar-filtered' },
    {
      key: 'skipped',
      label: 'skipped otherwise',
      n: sum(plan.skipped, ['too_old', 'duplicate']),
      className: 'bar-skipped',
    },
    { key: 'rejected', label: 'would be rejected', n: sum(plan.rejected), className: 'bar-rejected' },
  ]
}

export function PlanView({ job }: { job: Job | undefined }) {
  const plan = job?.plan
  if (!plan) return <Skeleton height={260} aria-label="The plan is being made" />
  const parts = partsOf(plan).filter(({ n }) => n > 0)
  const days = Object.entries(plan.byDay)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([at, n]) => ({ at, messages: n }))
  return (
    <section className="stack wide" aria-label="Plan">
      <p style={{ margin: 0, fontSize: 16 }} className="num">
        <strong>{count(plan.deliverable)}</strong> of {count(plan.total)} messages will go, in about{' '}
        {duration(plan.estimateSeconds * 1_000)}.
      </p>
      <div className="funnel" style={{ height: 14 }} aria-hidden>
        {parts.map(({ key, n, className }) => (
          <i key={key} className={className} style={{ width: `${(n / Math.max(1, plan.total)) * 100}%` }} />
        ))}
      </div>
      <div className="sums num">
        {parts.map(({ key, label, n, className }) => (
          <span key={key} className="swatched">
            <i className={className} aria-hidden /> {label} {count(n)}
          </span>
        ))}
      </div>
      <Reasons plan={plan} />
      {days.length > 0 && (
        <BarsChart
          label="Messages in the window by day"
          data={days}
          series={[{ key: 'messages', label: 'messages', color: 'var(--cw-accent)' }]}
          height={150}
        />
      )}
    </section>
  )
}

/** Why some would not go: a tally of reasons. */
function Reasons({ plan }: { plan: Plan }) {
  const reasons = (['filtered', 'skipped', 'rejected'] as const).flatMap((outcome) =>
    Object.entries(plan[outcome]).map(([reason, n]) => ({ outcome, reason, n })),
  )
  if (reasons.length === 0) return null
  return (
    <details>
      <summary className="dim">Why some will not go</summary>
      <ul className="plain-list stack num" style={{ marginTop: 8 }}>
        {reasons.map(({ outcome, reason, n }) => (
          <li key={`${outcome} ${reason}`} className="row">
            <OutcomeMark outcome={outcome} /> {count(n)} · {reasonWord({ outcome, reason })}
          </li>
        ))}
      </ul>
    </details>
  )
}
