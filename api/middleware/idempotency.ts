/**
 * `Idempotency-Key` on the control plane's POSTs: the same request sent again is answered as the first one was, and does
 * nothing. A request that came to nothing (a problem) is not kept: it may be sent again with its key.
 */
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Context, MiddlewareHandler } from 'hono'
import type { Begun, StoredAnswer } from '../../core/explorer-ports.ts'
import { BridgeError } from '../../core/errors.ts'
import type { ApiDeps } from '../deps.ts'
import { routeOf } from './access.ts'

const keptMs = 86_400_000
/** A call that has run for this long was lost with its process: the next one with its key runs. */
const lostMs = 120_000
/** How long a second call waits for the first one's answer. */
const patienceMs = 10_000
const lookEveryMs = 50
/** Larger answers are none that start work. */
const answerBytesMax = 1024 * 1024
/** Of any length, and the same when it is sent again: its body is not held to be compared. */
const membersLoad = 'POST /connections/{id}/audiences/{key}/members'
/** It answers with a cookie, which is in no stored answer. */
const exempt = new Set(['POST /session', membersLoad])

type Timing = { patienceMs: number; lookEveryMs: number }

export function idempotency(deps: ApiDeps, timing: Timing = { patienceMs, lookEveryMs }): MiddlewareHandler {
  return async function idempotency(c, next) {
    const key = c.req.header('idempotency-key')
    if (key === undefined || c.req.method !== 'POST' || exempt.has(routeOf(c))) return next()
    if (!/^[\x21-\x7e]{1,255}$/.test(key))
      throw new BridgeError('invalid_request', 'Idempotency-Key takes 1 to 255 visible ASCII characters.')
    const call = { hash: sha256(c.get('principal').id, c.req.path, key), bodyHash: await bodyHash(c) }
    const begun = await begin(deps, call, timing)
    if (begun.is === 'reused')
      throw new BridgeError('idempotency_key_reused', 'The first request with this key had another body.')
    if (begun.is === 'running')
      throw new BridgeError('idempotency_in_progress', 'The first request with this key has no answer yet.')
    if (begun.is === 'answered') return repeat(begun.answer)
    try {
      await next()
    } catch (error) {
      await deps.store.idempotency.forget(call.hash)
      throw error
    }
    await keep(deps, call.hash, c.res.clone())
    return undefined
  }
}

async function begin(
  { store, clock }: ApiDeps,
  call: { hash: Buffer; bodyHash: Buffer },
  { patienceMs: waitMs, lookEveryMs: everyMs }: Timing,
): Promise<Begun> {
  for (let waitedMs = 0; ; waitedMs += everyMs) {
    const nowMs = clock.nowMs()
    const since = { keptSinceMs: nowMs - keptMs, lostSinceMs: nowMs - lostMs }
    const begun = await store.idempotency.begin({ ...call, nowMs, ...since })
    if (begun.is !== 'running' || waitedMs >= waitMs) return begun
    await sleep(everyMs)
  }
}

/** The answer is out already in effect: that it cannot be kept is told to the log, and the call counts as lost in time. */
async function keep({ store, log }: ApiDeps, hash: Buffer, response: Response): Promise<void> {
  try {
    const body = response.ok ? await response.text() : ''
    if (!response.ok || body.length > answerBytesMax) {
      await store.idempotency.forget(hash)
      return
    }
    const contentType = response.headers.get('content-type') ?? ''
    await store.idempotency.finish(hash, { status: response.status, contentType, body })
  } catch (error) {
    log.error({ event: 'idempotency.not_kept', error: String(error) }, 'idempotency.not_kept')
  }
}

function repeat({ status, contentType, body }: StoredAnswer): Response {
  const type: Record<string, string> = contentType === '' ? {} : { 'content-type': contentType }
  return new Response(body === '' ? null : body, {
    status,
    headers: { ...type, 'idempotency-replayed': 'true' },
  })
}

/** The body is read here, and given back so that whoever comes next may read it in its own way. */
async function bodyHash(c: Context): Promise<Buffer> {
  const body = Buffer.from(await c.req.arrayBuffer())
  const { url, method, headers } = c.req.raw
  c.req.raw = new Request(url, { method, headers, ...(body.length > 0 ? { body } : {}) })
  return sha256(new URL(url).search, body)
}

/** Each part with its length in front, so that no two lists of parts are one text. */
function sha256(...parts: (string | Buffer)[]): Buffer {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part)
  return hash.digest()
}
