/** POST /connections/:id/filters/preview: what filters would have done to the messages that are stored. */
import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import { directionOf } from '../../core/directions.ts'
import { InboundFilters, OutboundFilters } from '../../core/filters/rules.ts'
import { isLaneName, type LaneName } from '../../core/lanes.ts'
import type { PreviewResult } from '../../core/ports.ts'
import { redact } from '../../core/redact.ts'
import type { ConnectionSettings } from '../../core/settings.ts'
import type { ApiDeps } from '../deps.ts'
import { InvalidRequest } from '../on-error.ts'
import { answers, ConnectionPath, jsonBody } from '../openapi.ts'
import { iso } from '../wire/connection.ts'
import { loadConnection } from './read-connections.ts'

const lastMax = 1_000_000

const PreviewBody = z
  .strictObject({
    lane: z.string().max(150).default('events'),
    filters: z.record(z.string(), z.unknown()).openapi({
      description: "As `filters.inbound` or `filters.outbound` of a connection, by the lane's direction.",
    }),
    last: z.int().min(1).max(lastMax).default(10_000),
  })
  .openapi('FiltersPreviewRequest')

const ByRule = z.object({
  /** `rule:<n>` as in `rules[<n>]`, `default`, or the switch that is off. */
  rule: z.string(),
  dropped: z.int(),
  kept: z.int(),
})

const Preview = z
  .object({
    lane: z.string(),
    looked: z.int().openapi({ description: 'Messages looked at, newest first, pending ones too.' }),
    cut: z.boolean().openapi({ description: 'Time ran out: fewer were looked at than asked for and held.' }),
    dropped: z.int(),
    kept: z.int(),
    notReached: z.object({ total: z.int(), byReason: z.record(z.string(), z.int()) }).openapi({
      description: 'What is held back before the filters are asked, whatever they say.',
    }),
    byRule: z.array(ByRule),
    samples: z.array(
      z.object({
        id: z.string(),
        messageId: z.string().nullable(),
        type: z.string().nullable(),
        event: z.string().nullable(),
        receivedAt: z.string(),
        rule: z.string(),
      }),
    ),
    oldestAt: z.string().nullable(),
  })
  .openapi('FiltersPreview')

const route = createRoute({
  method: 'post',
  path: '/connections/{id}/filters/preview',
  summary: 'Try filters on the messages that are stored; nothing is changed and nothing is sent',
  request: { params: ConnectionPath, body: jsonBody(PreviewBody) },
  responses: answers(
    200,
    Preview,
    'This would have dropped `dropped` of the last `looked`.',
    [400, 404, 422],
  ),
})

export function registerFiltersPreview(app: OpenAPIHono, deps: ApiDeps): void {
  app.openapi(route, async (c) => {
    const { lane, filters, last } = c.req.valid('json')
    const { id, settings } = await loadConnection(deps, c.req.valid('param').id)
    const tried = { ...settings, filters: { ...settings.filters, ...filtersOf(lane, filters) } }
    const request = { connectionId: id, lane: lane as LaneName, settings: tried, last }
    return c.json(toWire(lane, await deps.filterPreviews.preview(request)), 200)
  })
}

/** The filters of the lane's direction. Throws `invalid_request` with the rule and the character. */
function filtersOf(lane: string, filters: unknown): Partial<ConnectionSettings['filters']> {
  const direction = isLaneName(lane) ? directionOf(lane) : undefined
  if (direction === undefined) {
    throw new InvalidRequest([{ path: ['lane'], message: 'is no lane that goes through filters' }])
  }
  const parsed = (direction === 'inbound' ? InboundFilters : OutboundFilters).safeParse(filters)
  if (parsed.success) return { [direction]: parsed.data }
  throw new InvalidRequest(
    parsed.error.issues.map((issue) => ({ ...issue, path: ['filters', ...issue.path] })),
  )
}

type Names = Pick<z.infer<typeof Preview>['samples'][number], 'messageId' | 'type' | 'event'>

function toWire(lane: string, result: PreviewResult): z.infer<typeof Preview> {
  const { looked, cut, dropped, kept, notReached, byRule, samples, oldestAtMs } = result
  return {
    ...{ lane, looked, cut, dropped, kept },
    notReached: {
      total: Object.values(notReached).reduce((sum, count) => sum + count, 0),
      byReason: notReached,
    },
    byRule: Object.entries(byRule)
      .map(([rule, counts]) => ({ rule, ...counts }))
      .sort((a, b) => orderOf(a.rule) - orderOf(b.rule)),
    samples: samples.map(({ receivedAtMs, messageId, type, event, ...sample }) => ({
      ...sample,
      ...(redact({ messageId: messageId ?? null, type: type ?? null, event: event ?? null }) as Names),
      receivedAt: iso(receivedAtMs),
    })),
    oldestAt: oldestAtMs === undefined ? null : iso(oldestAtMs),
  }
}

/** Switches, then rules as they are asked, then the default. */
function orderOf(rule: string): number {
  if (rule === 'default') return Infinity
  return rule.startsWith('rule:') ? Number(rule.slice(5)) : -1
}
