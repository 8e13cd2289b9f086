/** DELETE /connections/:id: what set-up made at Segment is removed, the rest is delivered, and the connection is gone. */
import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import { disconnectWorkflowId } from '../../core/ids.ts'
import type { DisconnectSegmentInput } from '../../workflows/disconnect-segment.ts'
import type { ApiDeps } from '../deps.ts'
import { answers, ConnectionPath } from '../openapi.ts'
import { Connection, toWire } from '../wire/connection.ts'

const route = createRoute({
  method: 'delete',
  path: '/connections/{id}',
  summary: 'Remove a connection',
  description:
    'It is `disconnecting` until what set-up made at Segment is removed and what is pending is delivered (ten minutes at most; with `data=now` at once), and 404 from then on. What is stored goes by retention, or at once with `data=now`.',
  request: {
    params: ConnectionPath,
    query: z.object({ data: z.enum(['retention', 'now']).default('retention') }),
  },
  responses: answers(200, Connection, 'The connection, being removed.', [404, 422]),
})

export function registerDeleteConnection(app: OpenAPIHono, deps: ApiDeps): void {
  app.openapi(route, async (c) => {
    const { id: connectionId } = c.req.valid('param')
    const { data } = c.req.valid('query')
    const connection = await deps.store.removal.begin(connectionId, deps.clock.nowMs())
    const input: DisconnectSegmentInput = { connectionId, data }
    // Where Temporal is down this is told; the next call goes on from here.
    await deps.runs.start({
      ...{ workflow: 'disconnectSegment', workflowId: disconnectWorkflowId(connectionId), args: [input] },
      ...{ taskQueue: 'causeway-live', connectionId, summary: `remove the connection (data: ${data})` },
      details: 'Removes what set-up made at Segment, delivers what is pending, then lets the connection go.',
    })
    return c.json(await toWire(deps, connection), 200)
  })
}
