/** GET, POST and DELETE /keys: who may call the control plane. The secret of a key is shown once, when it is made. */
import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import { apiKeyPrefix, roles } from '../../core/access.ts'
import type { ApiKey as StoredKey } from '../../core/ports.ts'
import type { ApiDeps } from '../deps.ts'
import { answers, jsonBody } from '../openapi.ts'
import { hashOf } from '../principals.ts'
import { iso } from '../wire/connection.ts'

const NewApiKey = z
  .strictObject({ name: z.string().trim().min(1).max(100), role: z.enum(roles) })
  .openapi('NewApiKey')

const ApiKey = z
  .object({
    id: z.string(),
    name: z.string(),
    role: z.enum(roles),
    createdAt: z.string(),
    lastUsedAt: z.string().nullable().openapi({ description: 'To the minute; null: never.' }),
    revokedAt: z.string().nullable(),
  })
  .openapi('ApiKey')
const MadeApiKey = ApiKey.extend({
  key: z.string().openapi({ description: 'The secret. It is not shown again.' }),
}).openapi('MadeApiKey')

const list = createRoute({
  method: 'get',
  path: '/keys',
  summary: 'List the API keys, oldest first',
  description: 'Without their secrets, revoked ones too. The key of CAUSEWAY_API_KEY is not among them.',
  responses: answers(200, z.object({ data: z.array(ApiKey) }), 'The keys.'),
})
const create = createRoute({
  method: 'post',
  path: '/keys',
  summary: 'Make an API key',
  request: { body: jsonBody(NewApiKey) },
  responses: answers(201, MadeApiKey, 'The key with its secret.', [400, 422]),
})
const revoke = createRoute({
  method: 'delete',
  path: '/keys/{id}',
  summary: 'Revoke an API key',
  description: 'In force at once; the sessions that were opened with it end too.',
  request: { params: z.object({ id: z.string().openapi({ param: { name: 'id', in: 'path' } }) }) },
  responses: answers(200, ApiKey, 'The key as it was.', [404]),
})

export function registerKeys(app: OpenAPIHono, { store, ids, clock }: ApiDeps): void {
  app.openapi(list, async (c) => c.json({ data: (await store.access.keys()).map(toWire) }, 200))
  app.openapi(create, async (c) => {
    const secret = `${apiKeyPrefix}${ids.secret()}`
    const key = await store.access.createKey({
      ...c.req.valid('json'),
      ...{ id: ids.next('key'), hash: hashOf(secret), nowMs: clock.nowMs() },
    })
    return c.json({ ...toWire(key), key: secret }, 201)
  })
  app.openapi(revoke, async (c) => {
    const key = await store.access.revokeKey(c.req.valid('param').id, clock.nowMs())
    return c.json(toWire(key), 200)
  })
}

function toWire({
  id,
  name,
  role,
  createdAtMs,
  lastUsedAtMs,
  revokedAtMs,
}: StoredKey): z.infer<typeof ApiKey> {
  return {
    ...{ id, name, role, createdAt: iso(createdAtMs) },
    lastUsedAt: lastUsedAtMs === undefined ? null : iso(lastUsedAtMs),
    revokedAt: revokedAtMs === undefined ? null : iso(revokedAtMs),
  }
}
