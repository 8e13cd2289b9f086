/** POST and GET /connections/:id/erasures, GET /erasures/:id: a person's messages are removed, and stay away. */
import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import { BridgeError } from '../../core/errors.ts'
import type { Erasure as StoredErasure } from '../../core/ports.ts'
import { idText } from '../../core/segment-to-statsig/ids.ts'
import { erasureWorkflowId } from '../../core/ids.ts'
import type { ApiDeps } from '../deps.ts'
import { answers, ConnectionPath, jsonBody } from '../openapi.ts'
import { iso } from '../wire/connection.ts'
import { loadConnection } from './read-connections.ts'

/** Ids as messages carry them: a number is its text. */
const personId = z
  .union([z.string().min(1).max(1_024), z.int()])
  .transform((value) => idText(value))
  .refine((id) => id !== undefined, 'must not be blank')

const NewErasure = z
  .strictObject({ userId: personId.optional(), anonymousId: personId.optional() })
  .refine(({ userId, anonymousId }) => userId !== undefined || anonymousId !== undefined, {
    message: 'Give `userId`, `anonymousId` or both.',
  })
  .openapi('NewErasure')

const Erasure = z
  .object({
    id: z.string(),
    connectionId: z.string(),
    origin: z.enum(['call', 'delete_event']),
    state: z.enum(['running', 'done']),
    createdAt: z.string(),
    finishedAt: z.string().nullable(),
    messages: z.int().openapi({ description: 'Messages whose bodies were removed.' }),
    requests: z.object({ seen: z.int(), total: z.int() }),
    workflowId: z.string(),
    notCovered: z.array(z.string()).openapi({ description: 'What an erasure does not reach.' }),
  })
  .openapi('Erasure')

const notCovered = [
  'Backups of the database: remove or re-make them yourself.',
  'Archives that you keep, such as Segment’s S3 folders: a replay of them ends `skipped: erased` here, the files stay.',
  'What Segment and Statsig have stored already: ask each of them to delete it.',
]

const createErasureRoute = createRoute({
  method: 'post',
  path: '/connections/{id}/erasures',
  summary: 'Erase a person',
  description:
    'Removes the bodies and index rows of the person’s messages, rewrites shared bodies without them, and takes the ids off the audiences. Messages older than this moment that come later end `skipped: erased`; ended messages keep their outcome.',
  request: { params: ConnectionPath, body: jsonBody(NewErasure) },
  responses: answers(201, Erasure, 'The erasure; it runs.', [400, 404, 422]),
})
const listRoute = createRoute({
  method: 'get',
  path: '/connections/{id}/erasures',
  summary: 'List the erasures of a connection, newest first',
  request: { params: ConnectionPath },
  responses: answers(200, z.object({ data: z.array(Erasure) }), 'The newest 100.', [404]),
})
const getRoute = createRoute({
  method: 'get',
  path: '/erasures/{id}',
  summary: 'Read one erasure',
  request: { params: z.object({ id: z.string() }) },
  responses: answers(200, Erasure, 'The erasure.', [404]),
})

export function registerErasures(app: OpenAPIHono, deps: ApiDeps): void {
  const { erasures } = deps.store
  app.openapi(createErasureRoute, async (c) => {
    const { id: connectionId } = c.req.valid('param')
    await loadConnection(deps, connectionId)
    const erasure = await erasures.create({
      id: deps.ids.next('erasure'),
      connectionId,
      person: c.req.valid('json'),
      origin: 'call',
      nowMs: deps.clock.nowMs(),
    })
    await deps.erasureStarter.start(erasure)
    return c.json(toWire(erasure), 201)
  })
  app.openapi(listRoute, async (c) => {
    const { id } = c.req.valid('param')
    await loadConnection(deps, id)
    return c.json({ data: (await erasures.list(id, 100)).map(toWire) }, 200)
  })
  app.openapi(getRoute, async (c) => {
    const { id } = c.req.valid('param')
    const erasure = await erasures.get(id)
    if (!erasure) throw new BridgeError('not_found', `There is no erasure ${id}.`)
    return c.json(toWire(erasure), 200)
  })
}

function toWire(erasure: StoredErasure): z.infer<typeof Erasure> {
  const { id, connectionId, origin, state, messages } = erasure
  return {
    ...{ id, connectionId, origin, state, messages, notCovered },
    createdAt: iso(erasure.createdAtMs),
    finishedAt: erasure.finishedAtMs === undefined ? null : iso(erasure.finishedAtMs),
    requests: { seen: erasure.requestsSeen, total: erasure.requests },
    workflowId: erasureWorkflowId(id),
  }
}
