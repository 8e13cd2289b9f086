/** GET /metrics for Prometheus, and the measuring of every answer that this process gives. */
import type { OpenAPIHono } from '@hono/zod-openapi'
import { BridgeError } from '../../core/errors.ts'
import type { ApiDeps } from '../deps.ts'
import { createProcessMetrics, laneFamilies } from '../metrics.ts'
import { principalOf } from '../principals.ts'

/** Which door a path is: fixed words, since a label of strangers' making would grow without end. */
function doorOf(
  path: string,
): 'tracking' | 'statsig_sdk' | 'segment_webhook' | 'statsig_webhook' | 'control' {
  if (path.startsWith('/v1/')) return /^\/v1\/(?:log_event|rgstr)\b/.test(path) ? 'statsig_sdk' : 'tracking'
  if (path.startsWith('/webhooks/segment/')) return 'segment_webhook'
  return path.startsWith('/webhooks/statsig/') ? 'statsig_webhook' : 'control'
}

/** To be registered first: it measures what is registered behind it. */
export function registerMetrics(app: OpenAPIHono, deps: ApiDeps): void {
  const metrics = createProcessMetrics()
  app.use(async function measure(c, next) {
    const door = doorOf(c.req.path)
    const startedAtMs = performance.now()
    await next()
    metrics.answered(door, c.res.status)
    if (door === 'control' || c.req.method !== 'POST') return
    const length = c.req.header('content-length')
    metrics.ingested(
      door,
      (performance.now() - startedAtMs) / 1_000,
      length === undefined ? undefined : Number(length),
    )
  })
  app.get('/metrics', async (c) => {
    // Any role may look.
    if (deps.config.metricsNeedKey && !(await principalOf(c, deps)))
      throw new BridgeError('unauthorized', 'The metrics need an API key.')
    const lanes = laneFamilies(await deps.store.metrics.read(), deps.clock.nowMs())
    const own = await metrics.registry.metrics()
    return c.text(`${lanes}\n${own}`, 200, { 'content-type': metrics.registry.contentType })
  })
}
