/**
 * What Statsig's SDKs log, by the names that they know: `log_event`, and `rgstr` for browsers. Answers are Statsig's
 * (https://docs.statsig.com/http-api): 202 means on disk; 503 holds a batch back, where other refusals make SDKs drop
 * it. The other calls of an SDK are not served: it keeps asking Statsig for its values and points only its log here.
 */
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { BridgeError } from '../../core/errors.ts'
import { clockBehindMs, sdkCallText } from '../../core/statsig-request.ts'
import { accept, readArrived } from '../accept.ts'
import type { ApiDeps } from '../deps.ts'

const paths = { log_event: '/v1/log_event', rgstr: '/v1/rgstr' } as const

/** CORS for `/v1/*` is the tracking routes' own: they come first. */
export function registerStatsigSdk(app: OpenAPIHono, deps: ApiDeps): void {
  for (const [call, path] of Object.entries(paths)) app.post(path, (c) => receive(c, deps, call))
}

async function receive(c: Context, deps: ApiDeps, call: string): Promise<Response> {
  const { id: connectionId, kind } = await authenticate(c, deps)
  const arrived = await readArrived(c, deps)
  const connection = await deps.store.connections.get(connectionId)
  const forward = connection?.settings.outbound.forward === true
  // The kind of key is remembered, as what goes on to Statsig goes on under the connection's key of the same kind; and
  // so is a clock that is wrong, by which the events' times are.
  const clientTime = c.req.header('statsig-client-time') ?? c.req.query('t')
  const behindMs = clockBehindMs(clientTime, arrived.receivedAtMs)
  const kept = sdkCallText({ route: call, key: kind, clockBehindMs: behindMs })
  const door = { connectionId, source: 'statsig_sdk', call: kept } as const
  await accept(deps, arrived, door, forward)
  return c.json({ success: true }, 202)
}

/** The header, else the query key of browsers, which send no header that would cost a preflight. */
async function authenticate(
  c: Context,
  { store }: ApiDeps,
): Promise<{ id: string; kind: 'server' | 'client' }> {
  const key = c.req.header('statsig-api-key') ?? c.req.query('k')
  const found = key === undefined ? undefined : await store.connections.byStatsigKey(key.trim())
  if (found === undefined)
    throw new BridgeError('unknown_statsig_key', 'No connection has this server or client key.')
  return found
}
