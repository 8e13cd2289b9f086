/** POST /connections/:id/unit-id-types: makes a custom id type in the connection's Statsig project. */
import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import type { ApiDeps } from '../deps.ts'
import { answers, ConnectionPath, jsonBody } from '../openapi.ts'
import { loadConnection } from './read-connections.ts'

const NewUnitIdType = z
  .strictObject({ name: z.string().regex(/^[\w -]{1,100}$/, 'takes letters, digits, space, "_" and "-"') })
  .openapi('NewUnitIdType')
const UnitIdTypes = z.object({ names: z.array(z.string()) }).openapi('UnitIdTypes')

const route = createRoute({
  method: 'post',
  path: '/connections/{id}/unit-id-types',
  summary: 'Create a custom id type in the Statsig project',
  description: 'Needs a console key. Answers all id types that the project has then.',
  request: { params: ConnectionPath, body: jsonBody(NewUnitIdType) },
  responses: answers(201, UnitIdTypes, 'The id types of the project.', [400, 404, 422]),
})

export function registerCreateUnitIdType(app: OpenAPIHono, deps: ApiDeps): void {
  app.openapi(route, async (c) => {
    const { id } = c.req.valid('param')
    await loadConnection(deps, id)
    return c.json({ names: [...(await deps.idTypes.create(id, c.req.valid('json').name))] }, 201)
  })
}
