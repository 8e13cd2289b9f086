/**
 * Where Segment's webhook destinations deliver: one message, an array of them, or the wrapped `{json}` form. 200
 * means: on disk. Never 501 or 207: Segment drops on the one and takes the other for success
 * (segment.com/docs/connections/destinations/catalog/actions-webhook). Who may enter: docs/decisions/0011.
 */
import { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { BridgeError } from '../../core/errors.ts'
import { accept, basicUser, readArrived } from '../accept.ts'
import type { ApiDeps } from '../deps.ts'
import { createOnError, type Problem } from '../on-error.ts'
import { provenBySegment } from '../segment-signature.ts'

const path = '/webhooks/segment/:connectionId'

export function registerSegmentWebhook(app: OpenAPIHono, deps: ApiDeps): void {
  const webhooks = new OpenAPIHono({ strict: false })
  webhooks.onError(createOnError(deps.log, tellSegment))
  webhooks.post(path, async (c) => {
    const connectionId = c.req.param('connectionId')
    const signed = await admit(c, deps, connectionId)
    const arrived = await readArrived(c, deps)
    if (signed) await judge(signed, arrived, deps, connectionId)
    await accept(deps, arrived, { connectionId, source: 'webhook', call: 'batch' })
    return c.json({ success: true })
  })
  app.route('/', webhooks)
}

interface Signed {
  signature: string
  secret: string
}

/** A batch of which the signature covers one message alone needs the key too, where the connection wants it so. */
async function judge(
  { signature, secret }: Signed,
  { body, parsed }: Awaited<ReturnType<typeof readArrived>>,
  { store }: ApiDeps,
  id: string,
): Promise<void> {
  const proven = provenBySegment(signature, secret, body, parsed)
  if (proven === 'nothing') throw unauthorized()
  if (proven === 'all' || !Array.isArray(parsed) || parsed.length < 2) return
  if ((await store.connections.get(id))?.settings.inbound.batchesNeedKey !== true) return
  throw new BridgeError('webhook_unauthorized', 'The signature covers the first message of this batch alone.')
}

/**
 * One sound proof is enough, and what else was sent is not held against it; without any there is no way in. A key is
 * judged before the body is read; a signature, which is handed back, can only be judged by the body.
 */
async function admit(c: Context, { store }: ApiDeps, id: string): Promise<Signed | undefined> {
  const { connections } = store
  const key = basicUser(c.req.header('authorization'))
  if (key !== undefined && (await connections.holdsKey(id, key))) return undefined
  const signature = (c.req.header('x-segment-signature') ?? c.req.header('x-signature'))?.trim()
  const secret = signature && (await connections.openKey(id, 'segment.sharedSecret'))
  if (!secret) throw unauthorized()
  return { signature, secret }
}

/** Which of the two is missing, and whether there is such a connection, is not for a stranger to learn. */
const unauthorized = () =>
  new BridgeError('webhook_unauthorized', 'Neither a key nor a signature fits this connection.')

/** Segment shows its user the `message` of a plain JSON answer, and nothing else of it. */
function tellSegment(c: Context, problem: Problem): Response {
  const { title, detail, nextStep } = problem
  const message = detail === undefined ? `${title}. ${nextStep}` : `${title}: ${detail} ${nextStep}`
  return c.json({ ...problem, message }, problem.status as ContentfulStatusCode)
}
