/** POST /connections/:id/replays: a past window of messages, forwarded again. */
import { createRoute, type OpenAPIHono, type z } from '@hono/zod-openapi'
import type { ReplaySpec } from '../../core/jobs.ts'
import type { ApiDeps } from '../deps.ts'
import { saysOf, startJob } from '../jobs.ts'
import { answers, ConnectionPath, jsonBody } from '../openapi.ts'
import { NewReplay, Replay, replayToWire } from '../wire/job.ts'
import { loadConnection } from './read-connections.ts'
import { registerJobKind } from './steer-jobs.ts'

const start = createRoute({
  method: 'post',
  path: '/connections/{id}/replays',
  summary: 'Replay a past window of messages',
  description: `${saysOf('replay')} Age is taken now: what happened more than seven days ago ends \`skipped: too_old\`.`,
  request: { params: ConnectionPath, body: jsonBody(NewReplay) },
  responses: answers(201, Replay, 'The replay, which begins at once.', [400, 404, 422]),
})

export function registerReplays(app: OpenAPIHono, deps: ApiDeps): void {
  app.openapi(start, async (c) => {
    const { id: connectionId } = c.req.valid('param')
    await loadConnection(deps, connectionId)
    const { rate, force, dryRun, ...asked } = c.req.valid('json')
    const spec = await specOf(deps, asked)
    const job = await startJob(deps, {
      ...{ kind: 'replay', connectionId, spec, rate, force, dryRun, handler: 'events' },
    })
    return c.json(await replayToWire(deps, job), 201)
  })
  registerJobKind(app, deps, { kind: 'replay', shape: Replay, toWire: replayToWire })
}

async function specOf(
  { archives }: ApiDeps,
  { source, path, from, to, events, types }: Omit<z.infer<typeof NewReplay>, 'rate' | 'force' | 'dryRun'>,
): Promise<ReplaySpec> {
  const resolved = path === undefined ? undefined : await archives.resolve(path)
  return {
    ...{ source, fromMs: Date.parse(from), toMs: Date.parse(to) },
    ...(resolved === undefined ? {} : { path: resolved }),
    ...(events === undefined ? {} : { events }),
    ...(types === undefined ? {} : { types }),
  }
}
