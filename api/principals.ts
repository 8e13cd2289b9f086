/** Who calls the control plane: the bearer of a key, or a browser with the session that such a key opened. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Context } from 'hono'
import { getCookie } from 'hono/cookie'
import { environmentKey, type Role } from '../core/access.ts'
import type { ApiDeps } from './deps.ts'

export interface Principal {
  id: string
  name: string
  role: Role
  /** Set where a cookie was shown instead of a key. */
  session?: { hash: string; expiresAtMs: number }
}

export const sessionCookie = 'causeway_session'

/** As `hashKey` of the store: what is compared and looked up is never a secret itself. */
export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('base64url')

/** The bearer of `Authorization: Bearer <key>`, else the owner of the session; undefined: nobody that we know. */
export async function principalOf(c: Context, deps: ApiDeps): Promise<Principal | undefined> {
  const header = c.req.header('authorization')
  if (header !== undefined) {
    const key = /^bearer +(\S+) *$/i.exec(header)?.[1]
    return key === undefined ? undefined : bearerOf(deps, hashOf(key))
  }
  const cookie = getCookie(c, sessionCookie)
  if (cookie === undefined) return undefined
  const hash = hashOf(cookie)
  const session = await deps.store.access.session(hash, deps.clock.nowMs())
  const owner = session && (await bearerOf(deps, session.keyHash))
  return owner && { ...owner, session: { hash, expiresAtMs: session.expiresAtMs } }
}

/** Whose key has this hash. The environment's key is compared in constant time; the others are found by their hash. */
export async function bearerOf({ config, store }: ApiDeps, keyHash: string): Promise<Principal | undefined> {
  const bytes = Buffer.from(keyHash, 'base64url')
  if (bytes.length === config.apiKeyHash.length && timingSafeEqual(bytes, config.apiKeyHash))
    return { ...environmentKey }
  const key = await store.access.keyByHash(keyHash)
  return key && { id: key.id, name: key.name, role: key.role }
}
