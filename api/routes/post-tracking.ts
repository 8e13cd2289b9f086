/**
 * The tracking API: Segment's own paths, so that its SDKs need a changed host and nothing else
 * (segment.com/docs/connections/sources/catalog/libraries/server/http-api). 200 means: on disk.
 */
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { cors } from 'hono/cors'
import { BridgeError } from '../../core/errors.ts'
import type { LaneName } from '../../core/lanes.ts'
import type { AcceptedRequest } from '../../core/ports.ts'
import type { Receipt } from '../../core/receipt.ts'
import { lanesOf } from '../../core/route-lanes.ts'
import type { TrackingCall } from '../../core/segment.ts'
import { parseBody, receiptOf, unpackStored } from '../../core/stored-request.ts'
import { callerAddress } from '../caller-address.ts'
import type { ApiDeps } from '../deps.ts'
import { readBody } from '../read-body.ts'

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
  const exposeHeaders = ['Retry-After']
  app.use('/v1/*', cors({ origin: '*', allowMethods: ['POST', 'OPTIONS'], exposeHeaders, maxAge: 86_400 }))
  for (const [path, call] of Object.entries(calls)) {
    app.post(`/v1/${path}`, (c) => accept(c, deps, call))
  }
}

async function accept(c: Context, deps: ApiDeps, call: TrackingCall): Promise<Response> {
  if (deps.isDiskFull()) throw new BridgeError('disk_full', 'Nothing more is accepted until there is room.')
  const receivedAtMs = deps.clock.nowMs()
  const body = await readBody(c)
  const parsed = parse(body)
  const connectionId = await authenticate(c, deps, parsed)
  const request = {
    connectionId,
    receivedAtMs,
    source: 'tracking',
    call,
    callerIp: callerAddress(c, deps.trustedProxies),
    body,
  } as const
  const unpacked = unpackStored(request, parsed)
  if (!unpacked.ok) throw new BridgeError(unpacked.code, unpacked.message)
  if (unpacked.items.length > 0) {
    const lanes = sortIntoLanes(unpacked.items, receiptOf(request, unpacked.batch), deps.config.lateAfterMs)
    const { asleep } = await deps.store.inbox.append({ ...request, lanes })
    for (const lane of asleep) deps.waker.wake(connectionId, lane)
  }
  return c.json({ success: true })
}

function parse(body: Uint8Array): unknown {
  try {
    return parseBody(body)
  } catch (cause) {
    throw new BridgeError('not_json', cause instanceof Error ? cause.message.slice(0, 200) : 'unreadable', {
      cause,
    })
  }
}

/** Basic with the write key as the user, else `writeKey` in the body. A key that is given but unknown is not passed over. */
async function authenticate(c: Context, { store }: ApiDeps, body: unknown): Promise<string> {
  const writeKey = basicUser(c.req.header('authorization')) ?? bodyWriteKey(body)
  const id = writeKey === undefined ? undefined : await store.connections.byWriteKey(writeKey)
  if (id === undefined) throw new BridgeError('unknown_write_key', 'No connection has this write key.')
  return id
}

function basicUser(header: string | undefined): string | undefined {
  const match = header === undefined ? null : /^basic +([a-z0-9+/=_-]+) *$/i.exec(header)
  const user = match?.[1] && Buffer.from(match[1], 'base64').toString().split(':', 1)[0]
  return user === '' ? undefined : user
}

function bodyWriteKey(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, 'writeKey')) return undefined
  const { writeKey } = body as { writeKey: unknown }
  return typeof writeKey === 'string' ? writeKey : undefined
}

interface Run {
  lane: LaneName
  sole: boolean
  items: number[]
}

/**
 * Which items go where: runs in the order of the body, so that a lane's order is the sender's. A run that takes the
 * whole body names no items.
 */
export function sortIntoLanes(
  items: readonly unknown[],
  receipt: Receipt,
  lateAfterMs: number,
): AcceptedRequest['lanes'] {
  const runs: Run[] = []
  const lastOf = new Map<LaneName, Run>()
  items.forEach((item, index) => {
    const lanes = lanesOf(item, receipt, lateAfterMs)
    const sole = lanes.length === 1
    for (const lane of lanes) {
      const last = lastOf.get(lane)
      if (last?.sole === sole) {
        last.items.push(index)
        continue
      }
      const run = { lane, sole, items: [index] }
      lastOf.set(lane, run)
      runs.push(run)
    }
  })
  return runs.map(({ lane, sole, items: indexes }) => ({
    ...{ lane, sole, count: indexes.length },
    items: indexes.length === items.length ? undefined : indexes,
  }))
}
