/** GET /connections/:id/stream: each message when it has its outcome, as server-sent events. */
import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import { outcomes } from '../../core/outcome.ts'
import type { ApiDeps } from '../deps.ts'
import { createLive, resumeMax, type Live, type Told } from '../live.ts'
import { answers, ConnectionPath } from '../openapi.ts'
import { createStreamReader, positionsOf, type StreamReader } from '../stream-reader.ts'
import { loadConnection } from './read-connections.ts'

const Query = z.object({
  lane: z
    .string()
    .regex(/^[a-z]+(:[\w-]+)?$/)
    .optional(),
  outcome: z.enum(outcomes).optional(),
  event: z.string().min(1).max(1_024).optional(),
  lastEventId: z.string().max(8_000).optional().openapi({
    description: 'Where to go on; the header `Last-Event-ID` says the same, and wins.',
  }),
})

const route = createRoute({
  method: 'get',
  path: '/connections/{id}/stream',
  summary: 'Follow messages live',
  description: [
    'Server-sent events. Each message is one event, told when it has its outcome: `data` is an Entry.',
    '`id` is a position: a reader that comes back with `Last-Event-ID` is told what it missed, the newest 1,000 of it.',
    'An event `missed` with `{"count"}` says how many were not told, because the reader was slow or there were too many.',
  ].join(' '),
  request: { params: ConnectionPath, query: Query },
  responses: {
    ...answers(200, z.string(), '', [404, 422]),
    200: {
      content: { 'text/event-stream': { schema: z.string() } },
      description: 'An endless stream of events.',
    },
  },
})

export function registerReadStream(app: OpenAPIHono, deps: ApiDeps): void {
  let engine: Live | undefined
  app.openapi(route, async (c) => {
    const { id } = c.req.valid('param')
    const { lastEventId, ...filter } = c.req.valid('query')
    await loadConnection(deps, id)
    deps.streams.assertRoom()
    engine ??= createLive({ live: deps.store.live, log: deps.log })
    const { stream, leave } = await follow(engine, id, filter, c.req.header('last-event-id') ?? lastEventId)
    deps.streams.add(stream, leave)
    const headers = { 'cache-control': 'no-cache', 'x-accel-buffering': 'no' }
    return c.body(stream.body, 200, { ...headers, 'content-type': 'text/event-stream' })
  })
}

/** Joins the live ones first and then fetches what was missed, so that nothing falls between. */
async function follow(
  live: Live,
  connectionId: string,
  filter: Parameters<typeof createStreamReader>[0],
  lastEventId: string | undefined,
): Promise<{ stream: StreamReader; leave: () => void }> {
  type News = { told: Told[]; missed: { lane: string; count: number }[] }
  let waiting: News[] | undefined = []
  let stream: StreamReader | undefined
  const { positions, close } = await live.open({
    connectionId,
    tell: (news) => (waiting ? waiting.push(news) : stream?.tell(news.told, news.missed)),
  })
  try {
    const since = positionsOf(lastEventId)
    stream = createStreamReader(filter, since ? new Map([...positions, ...since]) : positions)
    if (since) {
      const past = await live.endedSince(connectionId, since, positions)
      stream.tell(past.told, past.missed, resumeMax)
    }
    for (const { told, missed } of waiting) stream.tell(told, missed)
    waiting = undefined
    return { stream, leave: close }
  } catch (error) {
    close()
    throw error
  }
}
