/** GET /connections/:id/audiences/:key/history: how large an audience was, hour by hour. */
import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import type { ApiDeps } from '../deps.ts'
import { answers } from '../openapi.ts'
import { iso } from '../wire/connection.ts'
import { AudiencePath, loadAudience } from './audiences.ts'

const History = z
  .object({
    data: z.array(z.object({ at: z.string(), desired: z.int(), applied: z.int() })),
  })
  .openapi('AudienceHistory')

const weekMs = 7 * 24 * 3_600_000

const route = createRoute({
  method: 'get',
  path: '/connections/{id}/audiences/{key}/history',
  summary: 'How large an audience was',
  description:
    'Desired and applied members at the end of the last run of each hour that had one, oldest first; each night has a run. `at` is the beginning of the hour. A week unless `since` says otherwise; 90 days are kept.',
  request: {
    params: AudiencePath,
    query: z.object({ since: z.iso.datetime({ offset: true }).optional() }),
  },
  responses: answers(200, History, 'Sizes by the hour.', [404, 422]),
})

export function registerAudienceHistory(app: OpenAPIHono, deps: ApiDeps): void {
  app.openapi(route, async (c) => {
    const { audience } = await loadAudience(deps, c.req.valid('param'))
    const { since } = c.req.valid('query')
    const sinceMs = since === undefined ? deps.clock.nowMs() - weekMs : Date.parse(since)
    const sizes = await deps.store.audiences.sizes(audience, sinceMs)
    return c.json({ data: sizes.map(({ atMs, ...size }) => ({ at: iso(atMs), ...size })) }, 200)
  })
}
