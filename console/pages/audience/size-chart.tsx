/** How large the audience was, hour by hour: who should have been in, and who was. */
import { useQuery } from '@tanstack/react-query'
import { audienceHistoryQuery, type AudienceHistory } from '../../api/audiences.ts'
import { LinesChart } from '../../parts/lazy-charts.tsx'

const hourMs = 3_600_000
const hours = 7 * 24
const series = [
  { key: 'desired', label: 'should be in', color: 'var(--cw-skip-bar)' },
  { key: 'applied', label: 'are in', color: 'var(--cw-good-bar)' },
]

export function SizeChart({ connectionId, audienceKey }: { connectionId: string; audienceKey: string }) {
  const { data } = useQuery(audienceHistoryQuery(connectionId, audienceKey))
  const points = pointsOf(data?.data ?? [], Math.floor(Date.now() / hourMs))
  if (points.length < 2) return null
  return (
    <section className="card pad stack" aria-labelledby="size-chart">
      <h2 id="size-chart">Its size in the last 7 days</h2>
      <LinesChart label="Members by the hour" data={points} series={series} unit="members" />
    </section>
  )
}

/** A point for each hour since the first that is known; an hour without a run has the size of the one before. */
function pointsOf(sizes: AudienceHistory['data'], lastHour: number): Record<string, string | number>[] {
  const known = new Map(sizes.map((size) => [Math.floor(Date.parse(size.at) / hourMs), size]))
  const first = Math.max(lastHour - hours + 1, Math.min(...known.keys()))
  let size = { desired: 0, applied: 0 }
  return Array.from({ length: Math.max(0, lastHour - first + 1) }, (_, index) => {
    const { desired, applied } = known.get(first + index) ?? size
    size = { desired, applied }
    return { at: labelOf((first + index) * hourMs), ...size }
  })
}

const labelOf = (ms: number): string =>
  new Date(ms).toLocaleString('en', { weekday: 'short', hour: '2-digit', minute: '2-digit', hour12: false })
