/** The control plane's door: `Authorization: Bearer <key>`, compared in constant time. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { BridgeError } from '../../core/errors.ts'

/** Hashes are compared, so that neither content nor length of the key can be timed. */
export function adminKey(apiKeyHash: Buffer): MiddlewareHandler {
  return async (c, next) => {
    const key = /^bearer +(\S+) *$/i.exec(c.req.header('authorization') ?? '')?.[1]
    const hash = createHash('sha256')
      .update(key ?? '')
      .digest()
    if (key === undefined || !timingSafeEqual(hash, apiKeyHash)) {
      throw new BridgeError('unauthorized', 'The control plane needs an API key.')
    }
    await next()
  }
}
