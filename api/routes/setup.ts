/** POST, GET and DELETE /connections/:id/setup, POST …/setup/source: a connection is set up at Segment, and proved. */
import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import { reaches } from '../../core/access.ts'
import { BridgeError } from '../../core/errors.ts'
import type { Setup as StoredSetup } from '../../core/ports.ts'
import type { ApiDeps } from '../deps.ts'
import { answers, ConnectionPath, jsonBody } from '../openapi.ts'
import type { Principal } from '../principals.ts'
import { choose, createNudge, refuseUnprepared, startSetup, tellSetup } from '../setup.ts'
import { Setup, setupToWire } from '../wire/setup.ts'
import { loadConnection } from './read-connections.ts'

const id = z.string().min(1).max(200)
const Choice = z
  .strictObject({
    workspaceId: id.optional(),
    sourceIds: z.array(id).min(1).max(50).optional(),
    sourceId: id.optional(),
  })
  .refine(({ sourceId, sourceIds }) => (sourceId === undefined) !== (sourceIds === undefined), {
    message: 'Give `sourceIds`, or `sourceId` for one.',
    path: ['sourceIds'],
  })
  .openapi('SourceChoice')

const path = '/connections/{id}/setup'
const request = { params: ConnectionPath }
const start = createRoute({
  ...{ method: 'post', path, request, summary: 'Start the set-up at Segment' },
  description: 'By the way that the connection was created with. Where one is open, it is answered as it is.',
  responses: {
    ...answers(201, Setup, 'The set-up, begun.', [404, 409, 422]),
    200: { content: { 'application/json': { schema: Setup } }, description: 'The set-up that is open.' },
  },
})
const read = createRoute({
  ...{ method: 'get', path, request, summary: 'Read where the set-up is' },
  responses: answers(200, Setup, 'The newest set-up of the connection.', [404]),
})
const cancel = createRoute({
  ...{ method: 'delete', path, request, summary: 'Cancel the set-up' },
  description: 'What was made at Segment is removed again; `step` is `undo` until it is.',
  responses: answers(200, Setup, 'The set-up, being undone.', [404, 409]),
})
const chooseSource = createRoute({
  ...{ method: 'post', path: `${path}/source`, summary: 'Choose the sources that send' },
  description: 'One destination is made for each.',
  request: { params: ConnectionPath, body: jsonBody(Choice) },
  responses: answers(200, Setup, 'The set-up, going on.', [400, 404, 409, 422]),
})

export function registerSetup(app: OpenAPIHono, deps: ApiDeps): void {
  const nudge = createNudge(deps)
  const newest = async (connectionId: string): Promise<StoredSetup> => {
    await loadConnection(deps, connectionId)
    const setup = await deps.store.setups.newest(connectionId)
    if (!setup) throw new BridgeError('not_found', `Connection ${connectionId} was never set up.`)
    return setup
  }
  const answer = async (connectionId: string) => setupToWire(deps, await newest(connectionId))
  /** Whoever has the address can consent in the place of another: it is for those who may start a set-up. */
  const shown = ({ authorizeUrl, ...setup }: Setup, { role }: Principal): Setup =>
    authorizeUrl !== undefined && reaches(role, 'operator') ? { ...setup, authorizeUrl } : setup

  app.openapi(start, async (c) => {
    const connection = await loadConnection(deps, c.req.valid('param').id)
    refuseUnprepared(deps, connection)
    const { setup, started } = await startSetup(deps, connection)
    nudge(setup)
    return c.json(await setupToWire(deps, setup), started ? 201 : 200)
  })
  app.openapi(read, async (c) => {
    const setup = await newest(c.req.valid('param').id)
    nudge(setup)
    return c.json(shown(await setupToWire(deps, setup), c.get('principal')), 200)
  })
  app.openapi(cancel, async (c) => {
    const { id: connectionId } = c.req.valid('param')
    await newest(connectionId)
    await tellSetup(deps, connectionId, 'cancelSetup', [])
    return c.json(await answer(connectionId), 200)
  })
  app.openapi(chooseSource, async (c) => {
    const { id: connectionId } = c.req.valid('param')
    const {
      workspaceId = '',
      sourceId,
      sourceIds = sourceId === undefined ? [] : [sourceId],
    } = c.req.valid('json')
    await newest(connectionId)
    await choose(deps, connectionId, { workspaceId, sourceIds: [...new Set(sourceIds)] })
    return c.json(await answer(connectionId), 200)
  })
}
