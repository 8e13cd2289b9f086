/**
 * The tracking API: Segment's own paths, so that its SDKs need a changed host and nothing else
 * (segment.com/docs/connections/sources/catalog/libraries/server/http-api). 200 means: on disk.
 */
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { BridgeError } from '../../core/errors.ts'
import type { TrackingCall } from '../../core/segment.ts'
import { accept, basicUser, readArrived } from '../accept.ts'
import type { ApiDeps } from '../deps.ts'
import { openToPages } from '../middleware/cors.ts'

/** Paths by call; the browser SDK uses the short ones. */
const calls: Readonly<Record<string, TrackingCall>> = {
  track: 'track',
  identify: 'identify',
  page: 'page',
  screen: 'screen',
  group: 'group',
  alias: 'alias',
  batch: 'batch',
  import: 'batch',
  t: 'track',
  i: 'identify',
  p: 'page',
  s: 'screen',
  g: 'group',
  a: 'alias',
  b: 'batch',
}

export function registerTracking(app: OpenAPIHono, deps: ApiDeps): void {
  app.use('/v1/*', openToPages())
  for (const [path, call] of Object.entries(calls)) {
    app.post(`/v1/${path}`, (c) => receive(c, deps, call))
  }
}

async function receive(c: Context, deps: ApiDeps, call: TrackingCall): Promise<Response> {
  const headerKey = basicUser(c.req.header('authorization'))
  // A wrong key is not worth reading 16 MB for.
  const named = headerKey === undefined ? undefined : await authenticate(deps, headerKey)
  const arrived = await readArrived(c, deps)
  const connectionId = named ?? (await authenticate(deps, bodyWriteKey(arrived.parsed)))
  await accept(deps, arrived, { connectionId, source: 'tracking', call })
  return c.json({ success: true })
}

/** Basic with the write key as the user, else `writeKey` in the body. A key that is given but unknown is not passed over. */
async function authenticate({ store }: ApiDeps, writeKey: string | undefined): Promise<string> {
  const id = writeKey === undefined ? undefined : await store.connections.byWriteKey(writeKey)
  if (id === undefined) throw new BridgeError('unknown_write_key', 'No connection has this write key.')
  return id
}

function bodyWriteKey(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, 'writeKey')) return undefined
  const { writeKey } = body as { writeKey: unknown }
  return typeof writeKey === 'string' ? writeKey : undefined
}
