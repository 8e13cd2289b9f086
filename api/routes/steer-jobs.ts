/** What replays, exports and redrives have in common: list, read, report, pause, resume, cancel, rate. */
import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import type { JobKind } from '../../core/jobs.ts'
import type { Job as StoredJob } from '../../core/ports.ts'
import type { ApiDeps } from '../deps.ts'
import { jobRoutes, loadJob, steerJob } from '../jobs.ts'
import { InvalidRequest } from '../on-error.ts'
import { answers, ConnectionPath, jsonBody } from '../openapi.ts'
import { reportCsv } from '../report-csv.ts'
import { NewRate, type Job } from '../wire/job.ts'
import { pageOf, PageQuery } from '../wire/page.ts'

interface Kind<T extends z.ZodType> {
  kind: JobKind
  shape: T
  toWire: (deps: ApiDeps, job: StoredJob) => Promise<z.infer<T> & Job>
}

const Query = PageQuery.extend({ connectionId: z.string().optional() })
const IdPath = ConnectionPath
const steers = {
  pause: 'Hold it before its next request; it may be resumed after any time',
  resume: 'Go on where it was paused',
  cancel: 'End it after the request in flight; what was not sent stays unsent, and is counted',
} as const

/** Registers them under the plural of the kind's name. */
export function registerJobKind<T extends z.ZodType>(app: OpenAPIHono, deps: ApiDeps, kind: Kind<T>): void {
  registerReading(app, deps, kind)
  registerReport(app, deps, kind.kind)
  registerSteering(app, deps, kind)
}

function registerReading<T extends z.ZodType>(
  app: OpenAPIHono,
  deps: ApiDeps,
  { kind, shape, toWire }: Kind<T>,
): void {
  const list = createRoute({
    method: 'get',
    path: `/${jobRoutes[kind]}`,
    summary: `List ${jobRoutes[kind]}, newest first`,
    request: { query: Query },
    responses: answers(200, pageOf(shape), `A page of ${jobRoutes[kind]}.`, [422]),
  })
  app.openapi(list, async (c) => {
    const { limit, cursor, connectionId } = c.req.valid('query')
    if (cursor !== undefined && (await deps.store.jobs.get(cursor))?.kind !== kind)
      throw new InvalidRequest([{ path: ['cursor'], message: 'is not a place in this list' }])
    const found = await deps.store.jobs.list({ kind, connectionId }, { after: cursor, limit: limit + 1 })
    const page = found.slice(0, limit)
    const data = await Promise.all(page.map((job) => toWire(deps, job)))
    const nextCursor = found.length > limit ? (page.at(-1)?.id ?? null) : null
    return c.json({ data, nextCursor } as never, 200)
  })

  const read = createRoute({
    method: 'get',
    path: `/${jobRoutes[kind]}/{id}`,
    summary: `Read a ${kind}: how far it is, at what pace, until when`,
    request: { params: IdPath },
    responses: answers(200, shape, `The ${kind}.`, [404]),
  })
  app.openapi(read, async (c) => {
    const job = await loadJob(deps, kind, c.req.valid('param').id)
    return c.json((await toWire(deps, job)) as never, 200)
  })
}

function registerReport(app: OpenAPIHono, deps: ApiDeps, kind: JobKind): void {
  const report = createRoute({
    method: 'get',
    path: `/${jobRoutes[kind]}/{id}/report.csv`,
    summary: 'Everything that was not delivered, with reasons, and everything odd in the source',
    request: { params: IdPath },
    responses: {
      ...answers(200, z.unknown(), 'CSV with a header line.', [404]),
      200: { content: { 'text/csv': { schema: z.string() } }, description: 'CSV with a header line.' },
    },
  })
  app.openapi(report, async (c) => {
    const { id } = c.req.valid('param')
    const job = await loadJob(deps, kind, id)
    const headers = {
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': `attachment; filename="${id}.csv"`,
    }
    return new Response(reportCsv(deps.store, job), { headers })
  })
}

function registerSteering<T extends z.ZodType>(
  app: OpenAPIHono,
  deps: ApiDeps,
  { kind, shape, toWire }: Kind<T>,
): void {
  for (const [update, summary] of Object.entries(steers) as [keyof typeof steers, string][]) {
    const route = createRoute({
      method: 'post',
      path: `/${jobRoutes[kind]}/{id}/${update}`,
      summary,
      request: { params: IdPath },
      responses: answers(200, shape, `The ${kind} as it is now.`, [404, 409]),
    })
    app.openapi(route, async (c) => {
      const job = await loadJob(deps, kind, c.req.valid('param').id)
      return c.json((await toWire(deps, await steerJob(deps, job, update))) as never, 200)
    })
  }
  const change = createRoute({
    method: 'patch',
    path: `/${jobRoutes[kind]}/{id}`,
    summary: `Change the rate of a ${kind}; in force within one batch`,
    request: { params: IdPath, body: jsonBody(NewRate) },
    responses: answers(200, shape, `The ${kind} as it is now.`, [400, 404, 409, 422]),
  })
  app.openapi(change, async (c) => {
    const job = await loadJob(deps, kind, c.req.valid('param').id)
    const { rate } = c.req.valid('json')
    return c.json((await toWire(deps, await steerJob(deps, job, 'rate', [rate]))) as never, 200)
  })
}
