/**
 * POST /webhooks/segment/:connectionId/audiences/{create,get}: Segment's Webhook Audiences tells of a new audience and
 * wants to know its name here (github.com/segmentio/action-destinations, webhook-audiences). It signs neither call, so
 * the URL holds a secret.
 */
import { timingSafeEqual } from 'node:crypto'
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { listIdPattern } from '../../core/audiences/limits.ts'
import { BridgeError } from '../../core/errors.ts'
import { isObject } from '../../core/own-keys.ts'
import type { ApiDeps } from '../deps.ts'
import { readBody } from '../read-body.ts'

const doorPath = '/webhooks/segment/:connectionId/audiences'

/** The whole URL to paste, with its secret. */
export async function audienceDoor(
  deps: ApiDeps,
  connectionId: string,
  call: 'create' | 'get',
): Promise<string> {
  const secret = await deps.store.audiences.doorSecret(connectionId, deps.ids.secret())
  return `${deps.config.publicUrl}/webhooks/segment/${connectionId}/audiences/${call}?secret=${secret}`
}

export function registerAudienceHandshake(app: OpenAPIHono, deps: ApiDeps): void {
  app.post(`${doorPath}/create`, async (c) => {
    const { connectionId, body } = await enter(c, deps)
    const key = listIdOf(body.audienceName)
    await deps.store.audiences.ensure(connectionId, key, deps.clock.nowMs())
    // The list is made by the sync; where Temporal is down, the first message tells it again.
    await deps.audienceSyncs.now(connectionId, key).catch((error: unknown) => {
      deps.log.warn(
        { event: 'audience.wake_failed', connectionId, key, error: String(error) },
        'audience.wake_failed',
      )
    })
    return c.json({ externalId: key })
  })
  app.post(`${doorPath}/get`, async (c) => {
    const { connectionId, body } = await enter(c, deps)
    const { externalId } = body
    const known = typeof externalId === 'string' && (await deps.store.audiences.get(connectionId, externalId))
    if (!known) throw new BridgeError('not_found', 'There is no audience of this externalId.')
    return c.json({ externalId: known.key })
  })
}

async function enter(c: Context, deps: ApiDeps) {
  const connectionId = c.req.param('connectionId') ?? ''
  const given = c.req.query('secret') ?? ''
  const connection = await deps.store.connections.get(connectionId)
  const secret = connection && (await deps.store.audiences.doorSecret(connectionId, deps.ids.secret()))
  if (secret === undefined || !isSame(given, secret))
    throw new BridgeError('webhook_unauthorized', 'The URL does not hold the secret of this connection.')
  const body = parse(await readBody(c))
  return { connectionId, body }
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

function parse(body: Uint8Array) {
  let json: unknown
  try {
    json = JSON.parse(Buffer.from(body).toString())
  } catch {
    throw new BridgeError('not_json', 'Send one JSON object.')
  }
  if (!isObject(json)) throw new BridgeError('not_an_object', 'Send one JSON object.')
  return json
}

/** The audience's name as a segment at Statsig may be called: spaced and odd characters become `_`. */
function listIdOf(name: unknown): string {
  if (typeof name !== 'string' || name.trim() === '')
    throw new BridgeError('invalid_request', '`audienceName` must be a text.')
  const trimmed = name.trim()
  if (listIdPattern.test(trimmed)) return trimmed
  const id = trimmed
    .toLowerCase()
    .replaceAll(/[^\w-]+/g, '_')
    .slice(0, 100)
    .replaceAll(/^_+|_+$/g, '')
  if (!listIdPattern.test(id))
    throw new BridgeError('invalid_request', `No list can be named after "${trimmed.slice(0, 100)}".`)
  return id
}
