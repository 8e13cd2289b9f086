/** POST /connections/:id/redrives: what was rejected, filtered or skipped, sent again with the settings of now. */
import { createRoute, type OpenAPIHono, type z } from '@hono/zod-openapi'
import type { RedriveSpec } from '../../core/jobs.ts'
import type { ApiDeps } from '../deps.ts'
import { saysOf, startJob } from '../jobs.ts'
import { answers, ConnectionPath, jsonBody } from '../openapi.ts'
import { NewRedrive, Redrive, redriveToWire } from '../wire/job.ts'
import { loadConnection } from './read-connections.ts'
import { registerJobKind } from './steer-jobs.ts'

const start = createRoute({
  method: 'post',
  path: '/connections/{id}/redrives',
  summary: 'Redrive messages by filter',
  description: `${saysOf('redrive')} Takes \`rejected\`, \`filtered\`, and of \`skipped\` what was too old or of a type that was off. A message that is taken is pending again; without \`lane\`, those of \`events\` and \`late\`.`,
  request: { params: ConnectionPath, body: jsonBody(NewRedrive) },
  responses: answers(201, Redrive, 'The redrive, which begins at once.', [400, 404, 422]),
})

export function registerRedrives(app: OpenAPIHono, deps: ApiDeps): void {
  app.openapi(start, async (c) => {
    const { id: connectionId } = c.req.valid('param')
    await loadConnection(deps, connectionId)
    const { rate, ...asked } = c.req.valid('json')
    const handler = asked.lane === 'outbound' ? 'outbound' : 'events'
    const job = await startJob(deps, {
      ...{ kind: 'redrive', connectionId, spec: specOf(asked), rate, handler },
      ...{ force: false, dryRun: false },
    })
    return c.json(await redriveToWire(deps, job), 201)
  })
  registerJobKind(app, deps, { kind: 'redrive', shape: Redrive, toWire: redriveToWire })
}

function specOf({
  outcome,
  lane,
  since,
  until,
  messageIds,
}: Omit<z.infer<typeof NewRedrive>, 'rate'>): RedriveSpec {
  return {
    outcome,
    lanes: lane === undefined ? ['events', 'late'] : [lane],
    ...(since === undefined ? {} : { sinceMs: Date.parse(since) }),
    ...(until === undefined ? {} : { untilMs: Date.parse(until) }),
    ...(messageIds === undefined ? {} : { messageIds }),
  }
}
