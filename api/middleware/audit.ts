/**
 * The record of changes: begun before the handler runs and ended with its answer, so that no change goes unrecorded. What
 * stood before and after is what GET says at the same path, by the caller's own right; secrets are in no such answer.
 */
import type { Context, MiddlewareHandler } from 'hono'
import { routeOf } from './access.ts'
import { changedSecrets, difference, shownOf, type Shown } from '../audit-shown.ts'
import type { ApiDeps } from '../deps.ts'
import type { Principal } from '../principals.ts'

/** Calls that ask and change nothing. Sessions record themselves: nobody is known before they are open. */
const notChanges = new Set(['POST /connections/{id}/filters/preview', 'POST /session', 'DELETE /session'])

/** Its answer is about somebody: that it was asked, and what was sent, is all that is kept of it. */
const trial = 'POST /connections/{id}/test'

type Ask = (url: string, init: RequestInit) => Response | Promise<Response>

/** `ask` is the app itself, which is not yet there when its middleware is made. */
export function audit(deps: ApiDeps, ask: () => Ask): MiddlewareHandler {
  return async function audit(c, next) {
    const route = routeOf(c)
    if (/^(GET|HEAD|OPTIONS) /.test(route) || notChanges.has(route)) return next()
    const isEdit = !route.startsWith('POST ')
    const before = isEdit ? await snapshot(c, ask()) : undefined
    const n = await deps.store.access.beginAudit({
      ...{ atMs: deps.clock.nowMs(), actor: actorOf(c.get('principal')), action: route },
      ...{ target: targetOf(route, c.req.path), before },
    })
    await next()
    const { status } = c.res
    if (status >= 400 && status < 500) return end(deps, n, undefined)
    const seen = isEdit ? difference(before, await snapshot(c, ask())) : { after: await answerOf(c, route) }
    const after = { ...seen.after, ...(await changedSecrets(c)) }
    await end(deps, n, { status, after: Object.keys(after).length > 0 ? after : undefined })
  }
}

export const actorOf = ({ id, name, role }: Principal) => ({ kind: 'key' as const, id, name, role })

/** The change is made: that its record cannot be ended is told to the log, and the record stays as begun. */
async function end(deps: ApiDeps, n: number, as: { status: number; after: unknown } | undefined) {
  try {
    await deps.store.access.endAudit(n, as)
  } catch (error) {
    deps.log.error({ event: 'audit.not_ended', n, error: String(error) }, 'audit.not_ended')
  }
}

/** `PATCH /connections/{id}` at `/api/v1/connections/con_1` is of the connection con_1; a nested one is of the outermost. */
function targetOf(route: string, path: string): { kind: string; id: string | undefined } {
  const [collection = '', parameter] = route.split('/').slice(1)
  const id = parameter?.startsWith('{') ? path.split('/')[4] : undefined
  return { kind: collection.replace(/s$/, ''), id: id && decodeURIComponent(id) }
}

async function snapshot(c: Context, ask: Ask): Promise<Shown | undefined> {
  const headers = new Headers()
  for (const name of ['authorization', 'cookie'] as const) {
    const value = c.req.header(name)
    if (value !== undefined) headers.set(name, value)
  }
  const response = await ask(c.req.path, { headers })
  return response.ok && isJson(response) ? shownOf(await response.json()) : undefined
}

/** Of what was made, and never its secrets: a key's is in the answer to the call that made it. */
async function answerOf(c: Context, route: string): Promise<Shown | undefined> {
  if (!c.res.ok || !isJson(c.res)) return undefined
  const shown = shownOf(await c.res.clone().json())
  if (route !== trial || shown === undefined) return shown
  const { lane, outcome, sent } = shown
  const { result, status } = (sent ?? {}) as Shown
  return { lane, outcome, sent: sent === null ? null : { result, status } }
}

const isJson = ({ headers }: Response): boolean => /json/.test(headers.get('content-type') ?? '')
