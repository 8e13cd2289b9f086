/** The funnel over time: a bar a minute, an hour or a day. */
import { SegmentedControl, Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { statsQuery } from '../../api/queries.ts'
import type { Funnel } from '../../api/shapes.ts'
import { useAddress } from '../../layout/address.ts'
import { BarsChart, outcomeSeries } from '../../parts/lazy-charts.tsx'

const ranges = {
  hour: { label: 'Last hour', ms: 3_600_000, step: 'minute', stepMs: 60_000 },
  day: { label: 'Last day', ms: 86_400_000, step: 'hour', stepMs: 3_600_000 },
  week: { label: 'Last 7 days', ms: 7 * 86_400_000, step: 'day', stepMs: 86_400_000 },
} as const
type Range = keyof typeof ranges

export function FunnelChart({ connectionId }: { connectionId: string }) {
  const [search, change] = useAddress()
  const range: Range = search['range'] === 'day' || search['range'] === 'week' ? search['range'] : 'hour'
  const { ms, step } = ranges[range]
  // Fixed to the minute, so that the question stays the same and its answer can be kept.
  const minute = Math.floor(Date.now() / 60_000)
  const since = useMemo(() => new Date(minute * 60_000 - ms).toISOString(), [minute, ms])
  const { data } = useQuery({ ...statsQuery(connectionId, since, step), placeholderData: (before) => before })
  return (
    <section className="card pad stack" aria-labelledby="funnel-chart">
      <div className="row between">
        <h2 id="funnel-chart">What came in, by outcome</h2>
        <SegmentedControl
          size="xs"
          aria-label="Range"
          value={range}
          onChange={(value) => change({ range: value })}
          data={Object.entries(ranges).map(([value, { label }]) => ({ value, label }))}
        />
      </div>
      {data ? (
        <BarsChart label="Messages by outcome" data={pointsOf(data.inbound, range)} series={outcomeSeries} />
      ) : (
        <Skeleton height={228} />
      )}
    </section>
  )
}

/** A point for each step, also where nothing was. */
function pointsOf({ series }: Funnel, range: Range): Record<string, string | number>[] {
  const { ms, stepMs } = ranges[range]
  const known = new Map(series.map((point) => [Math.floor(Date.parse(point.at) / stepMs), point]))
  const last = Math.floor(Date.now() / stepMs)
  return Array.from({ length: ms / stepMs }, (_, index) => {
    const step = last - ms / stepMs + 1 + index
    const { delivered = 0, filtered = 0, skipped = 0, rejected = 0 } = known.get(step) ?? {}
    return { at: labelOf(step * stepMs, range), delivered, filtered, skipped, rejected }
  })
}

function labelOf(ms: number, range: Range): string {
  const date = new Date(ms)
  if (range === 'week') return date.toLocaleDateString('en', { month: 'short', day: 'numeric' })
  return date.toLocaleTimeString('en', { hour: '2-digit', minute: '2-digit', hour12: false })
}
