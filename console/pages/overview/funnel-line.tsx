/** The funnel of the last hour: its parts add up in front of the reader, and each is a link to its rows. */
import { Link } from '@tanstack/react-router'
import { endings, outcomes, outcomeWord, type Funnel, type Outcome, type Stats } from '../../api/shapes.ts'
import { count } from '../../parts/numbers.ts'

export type Hour = Record<Exclude<Outcome, 'pending'> | 'accepted', number>

/** Sums of the series, which is the last hour unless another was asked for. */
export function hourOf(funnel: Funnel): Hour {
  const sum: Hour = { accepted: 0, delivered: 0, filtered: 0, skipped: 0, rejected: 0 }
  for (const point of funnel.series)
    for (const key of ['accepted', ...endings] as const) sum[key] += point[key]
  return sum
}

export function FunnelLine({ connectionId, stats }: { connectionId: string; stats: Stats }) {
  const inbound = hourOf(stats.inbound)
  const outbound = hourOf(stats.outbound)
  const parts = Object.fromEntries(endings.map((key) => [key, inbound[key] + outbound[key]])) as Record<
    Outcome,
    number
  >
  parts.pending = stats.inbound.totals.pending + stats.outbound.totals.pending
  const whole = Math.max(
    1,
    outcomes.reduce((sum, key) => sum + parts[key], 0),
  )
  const since = new Date(Date.now() - 3_600_000).toISOString()
  const link = (outcome?: Outcome) => ({
    to: '/connections/$connectionId/messages' as const,
    params: { connectionId },
    // What waits may have waited for longer than the hour.
    search: outcome === 'pending' ? { outcome } : outcome ? { outcome, since } : { since },
  })
  return (
    <div className="stack">
      <div className="funnel" aria-hidden>
        {outcomes.map((outcome) => (
          <i
            key={outcome}
            className={`bar-${outcome}`}
            style={{ width: `${(parts[outcome] / whole) * 100}%` }}
          />
        ))}
      </div>
      <div className="sums num">
        <span className="dim">last hour</span>
        <Link {...link()}>accepted {count(inbound.accepted + outbound.accepted)}</Link>
        {outcomes.map((outcome) => (
          <Link key={outcome} {...link(outcome)} className={tone(outcome, parts[outcome])}>
            {outcomeWord[outcome]} {count(parts[outcome])}
          </Link>
        ))}
      </div>
    </div>
  )
}

/** Loud only where something is wrong. */
const tone = (outcome: Outcome, n: number): string => (outcome === 'rejected' && n > 0 ? 'bad loud' : 'loud')
