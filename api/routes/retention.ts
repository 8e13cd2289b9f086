/** GET and PUT /retention: how long history is kept, and what keeping it costs. Housekeeping goes by it every hour. */
import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import type { ApiDeps } from '../deps.ts'
import { answers, jsonBody } from '../openapi.ts'
import { iso } from '../wire/connection.ts'

const days = z.int().min(1).max(3_650).openapi({ description: 'Days that ended messages are kept.' })
const maxBytes = z
  .int()
  .min(1)
  .nullable()
  .openapi({ description: 'Size of the database beyond which the oldest ended messages go; null: no limit.' })

const NewRetention = z.strictObject({ days, maxBytes }).openapi('NewRetention')
const Retention = z
  .object({
    days,
    maxBytes,
    holds: z
      .object({
        requests: z.int(),
        bodiesBytes: z.int().openapi({ description: 'Sum of the bodies as they came, decompressed.' }),
        databaseBytes: z
          .int()
          .openapi({ description: 'Size of the database file, without its write-ahead log.' }),
        oldestAt: z.string().nullable().openapi({ description: 'When the oldest of them was received.' }),
      })
      .openapi({ description: 'What is held now, pending messages included.' }),
  })
  .openapi('Retention')

const read = createRoute({
  method: 'get',
  path: '/retention',
  summary: 'Read the retention and what is held',
  responses: answers(200, Retention, 'The retention in force.'),
})
const change = createRoute({
  method: 'put',
  path: '/retention',
  summary: 'Change the retention',
  description:
    'In force from the next hourly housekeeping on. What is pending is never removed; counters stay; a repeated messageId is known for 7 days longer than its message is kept.',
  request: { body: jsonBody(NewRetention) },
  responses: answers(200, Retention, 'The retention as it is now.', [400, 422]),
})

export function registerRetention(app: OpenAPIHono, deps: ApiDeps): void {
  app.openapi(read, async (c) => c.json(await describe(deps), 200))
  app.openapi(change, async (c) => {
    const { days, maxBytes } = c.req.valid('json')
    await deps.store.retention.change({ days, maxBytes: maxBytes ?? undefined }, deps.clock.nowMs())
    return c.json(await describe(deps), 200)
  })
}

async function describe({ store, config }: ApiDeps): Promise<z.infer<typeof Retention>> {
  const { days = config.retentionDays, maxBytes = null } = await store.retention.settings()
  const { requests, bodiesBytes, databaseBytes, oldestAtMs } = await store.retention.holdings()
  const oldestAt = oldestAtMs === undefined ? null : iso(oldestAtMs)
  return { days, maxBytes, holds: { requests, bodiesBytes, databaseBytes, oldestAt } }
}
