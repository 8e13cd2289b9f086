/** POST /connections: accepts and delivers from its creation; no vendor is waited for. */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { defaultSettings } from '../../core/settings.ts'
import { requireSecretsRole } from '../access.ts'
import type { ApiDeps } from '../deps.ts'
import { answers, jsonBody } from '../openapi.ts'
import { Connection, keysOf, NewConnection, toWire } from '../wire/connection.ts'

const route = createRoute({
  method: 'post',
  path: '/connections',
  summary: 'Create a connection',
  request: { body: jsonBody(NewConnection) },
  responses: answers(201, Connection, 'The connection. Its keys are not shown again.', [400, 409, 422]),
})

export function registerCreateConnection(app: OpenAPIHono, deps: ApiDeps): void {
  app.openapi(route, async (c) => {
    const body = c.req.valid('json')
    requireSecretsRole(c.get('principal').role, keysOf<string>(body))
    const connection = await deps.store.connections.create({
      id: deps.ids.next('connection'),
      name: body.name,
      setup: body.setup,
      writeKey: body.writeKey ?? deps.ids.writeKey(),
      settings: defaultSettings,
      keys: keysOf<string>(body),
      nowMs: deps.clock.nowMs(),
    })
    return c.json(await toWire(deps, connection), 201)
  })
}
