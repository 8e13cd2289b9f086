/**
 * GET, POST and DELETE /session: the console signs in with an API key and gets a cookie that no script can read. The
 * cookie is random and kept as a hash; it ends by itself, with its key, or when the person signs out.
 */
import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import { deleteCookie, setCookie } from 'hono/cookie'
import { roles } from '../../core/access.ts'
import { BridgeError } from '../../core/errors.ts'
import type { ApiDeps } from '../deps.ts'
import { actorOf } from '../middleware/audit.ts'
import { answers, jsonBody } from '../openapi.ts'
import { bearerOf, hashOf, sessionCookie, type Principal } from '../principals.ts'
import { iso } from '../wire/connection.ts'

/** A working day: whoever holds the cookie holds the key's rights. */
const sessionMs = 12 * 3_600_000

const SignIn = z.object({ key: z.string().max(500).optional() }).openapi('SignIn')
const Session = z
  .object({
    keyId: z.string(),
    name: z.string(),
    role: z.enum(roles),
    expiresAt: z.string().nullable().openapi({ description: 'null: signed in by a key, not by a cookie.' }),
  })
  .openapi('Session')

const signIn = createRoute({
  method: 'post',
  path: '/session',
  summary: 'Sign in with an API key',
  description:
    'Sets an http-only cookie for twelve hours. Calls that change something need a sign besides the cookie that no foreign page sent them: the header `x-causeway-csrf` with any value, or what the browser itself says of the origin.',
  security: [],
  request: { body: jsonBody(SignIn) },
  responses: answers(201, Session, 'Who is signed in.', [400, 422]),
})
const read = createRoute({
  method: 'get',
  path: '/session',
  summary: 'Read who is signed in',
  responses: answers(200, Session, 'Who is signed in.'),
})
const signOut = createRoute({
  method: 'delete',
  path: '/session',
  summary: 'Sign out',
  responses: answers(200, z.object({ signedOut: z.literal(true) }), 'The session is over.'),
})

export function registerSession(app: OpenAPIHono, deps: ApiDeps): void {
  const { store, ids, clock, config } = deps
  const cookie = {
    ...{ httpOnly: true, sameSite: 'Strict' as const, path: '/' },
    // The document is made without a configuration.
    secure: (config as Partial<typeof config>).publicUrl?.startsWith('https:') ?? false,
  }
  const note = (principal: Principal, action: string, status: number) =>
    store.access.audit({
      ...{ atMs: clock.nowMs(), actor: actorOf(principal), action, status },
      ...{ target: { kind: 'session', id: principal.id }, before: undefined, after: undefined },
    })

  app.openapi(signIn, async (c) => {
    const { key } = c.req.valid('json')
    const keyHash = hashOf(key?.trim() ?? '')
    const principal = key === undefined ? undefined : await bearerOf(deps, keyHash)
    if (!principal) throw new BridgeError('unauthorized', 'There is no such key, or it was revoked.')
    const secret = ids.secret()
    const nowMs = clock.nowMs()
    const expiresAtMs = nowMs + sessionMs
    await store.access.openSession({ hash: hashOf(secret), keyHash, nowMs, expiresAtMs })
    await note(principal, 'POST /session', 201)
    setCookie(c, sessionCookie, secret, { ...cookie, maxAge: sessionMs / 1_000 })
    return c.json(toWire({ ...principal, session: { hash: '', expiresAtMs } }), 201)
  })
  app.openapi(read, async (c) => c.json(toWire(c.get('principal')), 200))
  app.openapi(signOut, async (c) => {
    const principal = c.get('principal')
    if (principal.session) {
      await store.access.closeSession(principal.session.hash)
      await note(principal, 'DELETE /session', 200)
    }
    deleteCookie(c, sessionCookie, cookie)
    return c.json({ signedOut: true as const }, 200)
  })
}

function toWire({ id, name, role, session }: Principal): z.infer<typeof Session> {
  return { keyId: id, name, role, expiresAt: session ? iso(session.expiresAtMs) : null }
}
