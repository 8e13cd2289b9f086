/**
 * Where Statsig's outgoing webhook delivers: an array of events, `{data: [...]}`, or one event
 * (https://docs.statsig.com/integrations/event_webhook). 200 means: on disk. Who may enter: who signs with the
 * connection's webhook secret, or shows it as a bearer token.
 */
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { createHash, timingSafeEqual } from 'node:crypto'
import { BridgeError } from '../../core/errors.ts'
import { accept, readArrived } from '../accept.ts'
import type { ApiDeps } from '../deps.ts'
import { isSignedByStatsig } from '../statsig-signature.ts'

export function registerStatsigWebhook(app: OpenAPIHono, deps: ApiDeps): void {
  app.post('/webhooks/statsig/:connectionId', async (c) => {
    const connectionId = c.req.param('connectionId')
    const secret = await deps.store.connections.openKey(connectionId, 'statsig.webhookSecret')
    const isBearer = isBearerOf(c.req.header('authorization'), secret)
    const claim = claimOf(c)
    // Nothing is read of a body that nothing could prove.
    if (secret === undefined || (!isBearer && claim.signature === undefined)) throw unauthorized()
    const arrived = await readArrived(c, deps)
    if (!isBearer && !isSignedByStatsig(claim, secret, arrived.body, arrived.receivedAtMs))
      throw unauthorized()
    await accept(deps, arrived, { connectionId, source: 'statsig_webhook', call: 'webhook' })
    return c.json({ success: true })
  })
}

function claimOf(c: Context) {
  const header = (name: string) => c.req.header(name)?.trim()
  return { signature: header('x-statsig-signature'), timestamp: header('x-statsig-request-timestamp') }
}

/** Hashes are compared, in constant time, so that the time taken tells nothing of the secret. */
function isBearerOf(header: string | undefined, secret: string | undefined): boolean {
  const token = /^bearer +(\S+) *$/i.exec(header ?? '')?.[1]
  const digest = (text: string) => createHash('sha256').update(text).digest()
  const isSame = timingSafeEqual(digest(token ?? ''), digest(secret ?? ''))
  return isSame && token !== undefined && secret !== undefined
}

/** Which of the two is missing, and whether there is such a connection, is not for a stranger to learn. */
const unauthorized = () =>
  new BridgeError('statsig_webhook_unauthorized', 'Neither a signature nor a secret fits this connection.')
