/** GET /connections and GET /connections/:id. */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { BridgeError } from '../../core/errors.ts'
import type { Connection as StoredConnection } from '../../core/ports.ts'
import type { ApiDeps } from '../deps.ts'
import { InvalidRequest } from '../on-error.ts'
import { answers, ConnectionPath } from '../openapi.ts'
import { Connection, toWire } from '../wire/connection.ts'
import { pageOf, PageQuery } from '../wire/page.ts'

const listRoute = createRoute({
  method: 'get',
  path: '/connections',
  summary: 'List connections, oldest first',
  request: { query: PageQuery },
  responses: answers(200, pageOf(Connection), 'A page of connections.', [422]),
})

const getRoute = createRoute({
  method: 'get',
  path: '/connections/{id}',
  summary: 'Read a connection',
  request: { params: ConnectionPath },
  responses: answers(200, Connection, 'The connection.', [404]),
})

export function registerReadConnections(app: OpenAPIHono, deps: ApiDeps): void {
  app.openapi(listRoute, async (c) => {
    const { limit, cursor } = c.req.valid('query')
    if (cursor !== undefined && !(await deps.store.connections.get(cursor)))
      throw new InvalidRequest([{ path: ['cursor'], message: 'is not a place in this list' }])
    // One more than asked for says whether there is a next page.
    const found = await deps.store.connections.list({
      limit: limit + 1,
      ...(cursor === undefined ? {} : { after: cursor }),
    })
    const page = found.slice(0, limit)
    const data = await Promise.all(page.map((connection) => toWire(deps, connection)))
    return c.json({ data, nextCursor: found.length > limit ? (page.at(-1)?.id ?? null) : null }, 200)
  })
  app.openapi(getRoute, async (c) =>
    c.json(await toWire(deps, await loadConnection(deps, c.req.valid('param').id)), 200),
  )
}

/** The connection, or `not_found`. */
export async function loadConnection({ store }: ApiDeps, id: string): Promise<StoredConnection> {
  const connection = await store.connections.get(id)
  if (!connection) throw new BridgeError('not_found', `There is no connection ${id}.`)
  return connection
}
