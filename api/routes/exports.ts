/** POST /connections/:id/exports: a past window of Statsig events, sent to Segment again. */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import type { ApiDeps } from '../deps.ts'
import { saysOf, startJob } from '../jobs.ts'
import { answers, ConnectionPath, jsonBody } from '../openapi.ts'
import { Export, exportToWire, NewExport } from '../wire/job.ts'
import { loadConnection } from './read-connections.ts'
import { registerJobKind } from './steer-jobs.ts'

const start = createRoute({
  method: 'post',
  path: '/connections/{id}/exports',
  summary: 'Export a past window of Statsig events',
  description: `${saysOf('export')} What Segment has taken before ends \`skipped: duplicate\`; \`force\` sends it again. A \`dryRun\` says what would go.`,
  request: { params: ConnectionPath, body: jsonBody(NewExport) },
  responses: answers(201, Export, 'The export, which begins at once.', [400, 404, 422]),
})

export function registerExports(app: OpenAPIHono, deps: ApiDeps): void {
  app.openapi(start, async (c) => {
    const { id: connectionId } = c.req.valid('param')
    await loadConnection(deps, connectionId)
    const { from, to, rate, force, dryRun } = c.req.valid('json')
    const spec = { fromMs: Date.parse(from), toMs: Date.parse(to) }
    const job = await startJob(deps, {
      ...{ kind: 'export', connectionId, spec, rate, force, dryRun, handler: 'outbound' },
    })
    return c.json(await exportToWire(deps, job), 201)
  })
  registerJobKind(app, deps, { kind: 'export', shape: Export, toWire: exportToWire })
}
