/** The control plane's door: who calls, whether the role reaches, and whether a browser was made to call. */
import type { Context, MiddlewareHandler } from 'hono'
import { matchedRoutes } from 'hono/route'
import { BridgeError } from '../../core/errors.ts'
import { needOf, requireRole } from '../access.ts'
import type { ApiDeps } from '../deps.ts'
import { principalOf, type Principal } from '../principals.ts'

declare module 'hono' {
  interface ContextVariableMap {
    /** Who calls; absent on open routes only. */
    principal: Principal
  }
}

/** A key's last use is written at most this often, and nobody waits for it. */
const touchEveryMs = 60_000
const controlPath = '/api/v1'

export function access(deps: ApiDeps): MiddlewareHandler {
  const touch = createTouch(deps)
  return async function access(c, next) {
    const need = needOf(routeOf(c))
    if (need === 'open') return next()
    const principal = await principalOf(c, deps)
    if (!principal) throw new BridgeError('unauthorized', 'The control plane needs an API key or a session.')
    if (principal.session) refuseForeignPages(c, deps)
    requireRole(principal.role, need, routeOf(c))
    touch(principal.id)
    c.set('principal', principal)
    await next()
  }
}

/** The route that will answer, as the document names it: `GET /connections/{id}`. */
export function routeOf(c: Context): string {
  const route = matchedRoutes(c).findLast(({ method }) => method !== 'ALL')
  const path = (route?.path ?? c.req.path).replace(controlPath, '').replace(/:(\w+)(\{[^}]*\})?/g, '{$1}')
  return `${c.req.method} ${path}`
}

const isSafe = (method: string): boolean => ['GET', 'HEAD', 'OPTIONS'].includes(method)

/**
 * A browser sends the cookie by itself, also for a page of somebody else's on a host of the same site. Such a page can
 * set neither our header (without a preflight that we never answer) nor the two that the browser sets.
 */
function refuseForeignPages(c: Context, { config }: ApiDeps): void {
  if (isSafe(c.req.method) || c.req.header('x-causeway-csrf')) return
  const site = c.req.header('sec-fetch-site')
  if (site !== undefined) {
    if (site === 'same-origin') return
  } else if (c.req.header('origin') === new URL(config.publicUrl).origin) return
  throw new BridgeError('foreign_page', 'A session may change things from the console alone.')
}

function createTouch({ store, clock, log }: ApiDeps): (id: string) => void {
  const touchedAtMs = new Map<string, number>()
  return (id) => {
    const nowMs = clock.nowMs()
    if (nowMs - (touchedAtMs.get(id) ?? -Infinity) < touchEveryMs) return
    touchedAtMs.set(id, nowMs)
    store.access.touchKey(id, nowMs).catch((error: unknown) => {
      log.warn({ event: 'key.not_touched', keyId: id, error: String(error) }, 'key.not_touched')
    })
  }
}
