/** Audiences: what each wants on its list and what is on it, its settings, its runs, the word on held removals. */
import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import { idTypeOf } from '../../core/audiences/unit.ts'
import { BridgeError } from '../../core/errors.ts'
import type { Audience as StoredAudience, AudienceChange, Connection } from '../../core/ports.ts'
import type { ApiDeps } from '../deps.ts'
import { answers, ConnectionPath, jsonBody } from '../openapi.ts'
import { Audience, AudiencePatch, audienceToWire, syncModes } from '../wire/audience.ts'
import { pageOf, PageQuery } from '../wire/page.ts'
import { loadConnection } from './read-connections.ts'

export const AudiencePath = ConnectionPath.extend({
  key: z
    .string()
    .min(1)
    .max(255)
    .openapi({ param: { name: 'key', in: 'path' } }),
})

const listRoute = createRoute({
  method: 'get',
  path: '/connections/{id}/audiences',
  summary: 'List audiences by key',
  description: 'An audience appears with its first message, its handshake, or its first PATCH.',
  request: { params: ConnectionPath, query: PageQuery },
  responses: answers(200, pageOf(Audience), 'A page of audiences.', [404, 422]),
})
const getRoute = createRoute({
  method: 'get',
  path: '/connections/{id}/audiences/{key}',
  summary: 'Read an audience',
  request: { params: AudiencePath },
  responses: answers(200, Audience, 'The audience.', [404]),
})
const patchRoute = createRoute({
  method: 'patch',
  path: '/connections/{id}/audiences/{key}',
  summary: 'Change an audience, or settle it before its first message',
  description:
    'Another `unit` means other ids: what is on the list under the old one is due for removal, with the guard, and the members must come anew, by a resync in Engage or a load.',
  request: { params: AudiencePath, body: jsonBody(AudiencePatch) },
  responses: answers(200, Audience, 'The audience as it is now.', [400, 404, 422]),
})
const syncRoute = createRoute({
  method: 'post',
  path: '/connections/{id}/audiences/{key}/sync',
  summary: 'Sync now: what has changed, everything anew, or a comparison with what Statsig holds',
  request: {
    params: AudiencePath,
    body: jsonBody(z.strictObject({ mode: z.enum(syncModes).default('changes') })),
  },
  responses: answers(200, Audience, 'The audience; its run begins.', [400, 404, 422]),
})
const Decided = z.object({ removals: z.int(), audience: Audience }).openapi('DecidedRemovals')
const decisions = {
  approve: 'Let the held removals go',
  reject: 'Keep the members that were to be removed',
} as const

export function registerAudiences(app: OpenAPIHono, deps: ApiDeps): void {
  const { audiences } = deps.store
  app.openapi(listRoute, async (c) => {
    const connection = await loadConnection(deps, c.req.valid('param').id)
    const { limit, cursor } = c.req.valid('query')
    const page = { limit: limit + 1, ...(cursor === undefined ? {} : { after: cursor }) }
    const found = await audiences.list(connection.id, page)
    const shown = found.slice(0, limit)
    const data = shown.map((audience) => audienceToWire(deps, connection.settings, audience))
    return c.json({ data, nextCursor: found.length > limit ? (shown.at(-1)?.key ?? null) : null }, 200)
  })
  app.openapi(getRoute, async (c) => {
    const { connection, audience } = await loadAudience(deps, c.req.valid('param'))
    return c.json(audienceToWire(deps, connection.settings, audience), 200)
  })
  registerChanging(app, deps)
  registerDeciding(app, deps)
}

function registerChanging(app: OpenAPIHono, deps: ApiDeps): void {
  const { audiences } = deps.store
  app.openapi(patchRoute, async (c) => {
    const { id, key } = c.req.valid('param')
    const connection = await loadConnection(deps, id)
    const change = changeOf(c.req.valid('json'), connection)
    const nowMs = deps.clock.nowMs()
    await audiences.ensure(id, key, nowMs, change)
    const audience = await audiences.change(id, key, change, nowMs)
    // What is due now is also found by the next change and by the nightly comparison.
    await deps.audienceSyncs.now(id, key).catch((error: unknown) => {
      deps.log.warn({ event: 'audience.wake_failed', id, key, error: String(error) }, 'audience.wake_failed')
    })
    return c.json(audienceToWire(deps, connection.settings, audience), 200)
  })
  app.openapi(syncRoute, async (c) => {
    const { id, key } = c.req.valid('param')
    await loadAudience(deps, { id, key })
    await audiences.request(id, key, c.req.valid('json').mode)
    await deps.audienceSyncs.now(id, key)
    const { connection, audience } = await loadAudience(deps, { id, key })
    return c.json(audienceToWire(deps, connection.settings, audience), 200)
  })
}

function registerDeciding(app: OpenAPIHono, deps: ApiDeps): void {
  for (const verdict of ['approve', 'reject'] as const) {
    const route = createRoute({
      method: 'post',
      path: `/connections/{id}/audiences/{key}/${verdict}`,
      summary: decisions[verdict],
      request: { params: AudiencePath },
      responses: answers(200, Decided, 'How many removals it concerns.', [404, 409]),
    })
    app.openapi(route, async (c) => {
      const { id, key } = c.req.valid('param')
      const before = await loadAudience(deps, { id, key })
      if (!before.audience.guard) throw new BridgeError('nothing_held', `No removals of ${key} wait.`)
      const removals = await deps.audienceSyncs.decide(id, key, verdict)
      const { connection, audience } = await loadAudience(deps, { id, key })
      return c.json({ removals, audience: audienceToWire(deps, connection.settings, audience) }, 200)
    })
  }
}

function changeOf(patch: z.infer<typeof AudiencePatch>, { settings }: Connection): AudienceChange {
  const { unit, unitIdType, createList, removals } = patch
  if (unit !== undefined && idTypeOf(unit, settings.identifiers) === undefined)
    throw new BridgeError('audience_unit_unknown', `No identifier is mapped to or from ${unit}.`)
  return {
    ...(unit === undefined ? {} : { unit }),
    ...(unitIdType === undefined ? {} : { idType: unitIdType }),
    ...(createList === undefined ? {} : { createList }),
    ...(removals === undefined ? {} : { removals }),
  }
}

/** Throws `not_found` for the one or the other. */
export async function loadAudience(
  deps: ApiDeps,
  { id, key }: { id: string; key: string },
): Promise<{ connection: Connection; audience: StoredAudience }> {
  const connection = await loadConnection(deps, id)
  const audience = await deps.store.audiences.get(id, key)
  if (!audience) throw new BridgeError('not_found', `Connection ${id} has no audience ${key}.`)
  return { connection, audience }
}
