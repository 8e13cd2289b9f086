/** GET /connections/:id/stats: the funnel, exact, per lane and for the direction. */
import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import type { LaneStats } from '../../core/ports.ts'
import { addCounts, noCounts, type Counts } from '../../core/totals.ts'
import type { ApiDeps } from '../deps.ts'
import { answers, ConnectionPath } from '../openapi.ts'
import { iso, lagMs } from '../wire/connection.ts'
import { loadConnection } from './read-connections.ts'

const count = z.number().int()
const TotalsShape = z.object({
  accepted: count,
  delivered: count,
  filtered: count,
  skipped: count,
  rejected: count,
  pending: count,
})
const Point = TotalsShape.omit({ pending: true }).extend({ at: z.string() })
const Funnel = z.object({ totals: TotalsShape, lagMs: count, series: z.array(Point) }).openapi('Funnel')
type Funnel = z.infer<typeof Funnel>
const Stats = z
  .object({ lanes: z.record(z.string(), Funnel), inbound: Funnel, outbound: Funnel })
  .openapi('Stats')

const steps = { minute: 60_000, hour: 3_600_000, day: 86_400_000 }
const Query = z.object({
  since: z.iso.datetime({ offset: true }).optional(),
  step: z.enum(['minute', 'hour', 'day']).default('minute'),
})

const route = createRoute({
  method: 'get',
  path: '/connections/{id}/stats',
  summary: 'Read the funnel',
  description:
    '`accepted` equals the sum of the outcomes at every read. `series` is the last hour unless `since` says otherwise; `since` is rounded down to a whole step. Counts older than two days are kept by the hour, and 90 days.',
  request: { params: ConnectionPath, query: Query },
  responses: answers(200, Stats, 'Totals since the beginning, and a series.', [404, 422]),
})

export function registerReadStats(app: OpenAPIHono, deps: ApiDeps): void {
  app.openapi(route, async (c) => {
    const { id } = c.req.valid('param')
    const { since, step } = c.req.valid('query')
    await loadConnection(deps, id)
    const nowMs = deps.clock.nowMs()
    const sinceMs = since === undefined ? nowMs - steps.hour : Date.parse(since)
    const lanes = await deps.store.stats.read(id, { sinceMs, stepMs: steps[step] })
    const named = (name: string) => lanes.filter(({ lane }) => lane === name)
    // A message that is in `audiences` only is counted there, and nowhere else.
    const soleAudiences = named('audiences').map((lane) => ({
      ...lane,
      ...{ totals: lane.sole, series: lane.soleSeries },
    }))
    const inbound = [...named('events'), ...named('late'), ...soleAudiences]
    return c.json(
      {
        lanes: Object.fromEntries(lanes.map((lane) => [lane.lane, toFunnel([lane], nowMs)])),
        inbound: toFunnel(inbound, nowMs),
        outbound: toFunnel(named('outbound'), nowMs),
      },
      200,
    )
  })
}

function toFunnel(lanes: LaneStats[], nowMs: number): Funnel {
  const points = new Map<number, Counts>()
  for (const { atMs, ...counts } of lanes.flatMap(({ series }) => series)) {
    points.set(atMs, addCounts(points.get(atMs) ?? noCounts, counts))
  }
  const sorted = [...points].sort(([a], [b]) => a - b)
  return {
    totals: lanes.reduce(
      (sum, { totals }) => ({ ...addCounts(sum, totals), pending: sum.pending + totals.pending }),
      { ...noCounts, pending: 0 },
    ),
    lagMs: lagOf(lanes, nowMs),
    series: sorted.map(([atMs, counts]) => ({ at: iso(atMs), ...counts })),
  }
}

function lagOf(lanes: LaneStats[], nowMs: number): number {
  return Math.max(0, ...lanes.map((lane) => lagMs(lane, nowMs)))
}
