/** GET /connections/:id/events: each event name that was seen, so that a filter list is ticked and not typed. */
import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import { directionOf, laneKindOf } from '../../core/directions.ts'
import { compileNameFilter, type NameVerdict } from '../../core/filters/by-name.ts'
import { isLaneName, standingLanes, type LaneKind } from '../../core/lanes.ts'
import type { CatalogueEvent, EndingCounts } from '../../core/ports.ts'
import { redactName } from '../../core/redact.ts'
import type { ConnectionSettings } from '../../core/settings.ts'
import type { ApiDeps } from '../deps.ts'
import { InvalidRequest } from '../on-error.ts'
import { answers, ConnectionPath } from '../openapi.ts'
import { iso } from '../wire/connection.ts'
import { pageOf, PageQuery } from '../wire/page.ts'
import { loadConnection } from './read-connections.ts'

const Counts = z.object({
  total: z.int(),
  delivered: z.int(),
  filtered: z.int(),
  skipped: z.int(),
  rejected: z.int(),
})

const Event = z
  .object({
    /** The source's own name; null for calls without one, such as group. */
    event: z.string().nullable(),
    type: z.string().nullable(),
    direction: z.enum(['inbound', 'outbound']),
    last24h: Counts.openapi({ description: 'What ended in this hour and the 23 before it.' }),
    last7d: Counts,
    firstSeenAt: z.string(),
    lastSeenAt: z.string(),
    included: z.boolean().openapi({
      description:
        "Whether today's filters take it; of one that `depends`, what meets none of the conditions.",
    }),
    rule: z
      .string()
      .openapi({ description: '`rule:<n>` as in `rules[<n>]`, `default`, or the switch that is off.' }),
    depends: z
      .boolean()
      .openapi({ description: 'A rule asks for more than the name: a condition, or a sample.' }),
    isOther: z.boolean().openapi({ description: 'Names past the bound of 2,000 a lane, counted together.' }),
  })
  .openapi('CatalogueEvent')

const route = createRoute({
  method: 'get',
  path: '/connections/{id}/events',
  summary: 'The catalogue: each event name seen, how often it ended how, and what the filters say of it',
  request: {
    params: ConnectionPath,
    query: PageQuery.extend({ lane: z.string().max(100).optional() }),
  },
  responses: answers(200, pageOf(Event), 'Names in their order, then the row of the others.', [404, 422]),
})

/** Without `lane`: what comes in and goes out as events. A message of an audience is in `events` as well. */
const asEvents: readonly LaneKind[] = standingLanes.filter((lane) => directionOf(lane) !== undefined)

export function registerReadCatalogue(app: OpenAPIHono, deps: ApiDeps): void {
  app.openapi(route, async (c) => {
    const { lane, limit, cursor } = c.req.valid('query')
    const { id, settings } = await loadConnection(deps, c.req.valid('param').id)
    if (lane !== undefined && !isLaneName(lane))
      throw new InvalidRequest([{ path: ['lane'], message: 'is no lane' }])
    const kinds = lane === undefined ? asEvents : [laneKindOf(lane)]
    const query = { kinds, limit, ...(cursor === undefined ? {} : { after: cursor }) }
    const { events, next } = await deps.store.catalogue.list(id, query, deps.clock.nowMs())
    const verdictOf = judgeOf(settings)
    return c.json(
      { data: events.map((event) => toWire(event, verdictOf(event))), nextCursor: next ?? null },
      200,
    )
  })
}

/** What the switches and the filters say of a name. */
function judgeOf(settings: ConnectionSettings): (event: CatalogueEvent) => NameVerdict {
  const { inbound, outbound } = settings.filters
  const [ofInbound, ofOutbound] = [compileNameFilter(inbound), compileNameFilter(outbound)]
  const off = (rule: string): NameVerdict => ({ included: false, rule, depends: false })
  const types: Record<string, boolean | undefined> = settings.types
  return (event) => {
    const { direction, type = '' } = event
    if (direction === 'inbound') {
      if (!settings.inbound.enabled || types[type] === false) return off('type_off')
      return Object.hasOwn(types, type) ? ofInbound(event) : off('not_an_event')
    }
    if (settings.outbound.enabled === false) return off('type_off')
    if (type === 'exposure' && !outbound.exposures) return off('exposures')
    if (type === 'config_change' && !outbound.configChanges) return off('configChanges')
    if (type === 'internal') return off('not_an_event')
    const verdict = ofOutbound(event)
    // `default` is about custom events; where the switch of another kind is on, the kind goes out.
    return verdict.rule === 'default' && type !== 'event' ? { ...verdict, included: true } : verdict
  }
}

function toWire(event: CatalogueEvent, { included, rule, depends }: NameVerdict): z.infer<typeof Event> {
  return {
    event: event.event === undefined ? null : redactName(event.event),
    type: event.type ?? null,
    direction: event.direction,
    last24h: withTotal(event.lastDay),
    last7d: withTotal(event.lastWeek),
    firstSeenAt: iso(event.firstSeenAtMs),
    lastSeenAt: iso(event.lastSeenAtMs),
    ...{ included, rule, depends, isOther: event.isOther },
  }
}

function withTotal(counts: EndingCounts): z.infer<typeof Counts> {
  const { delivered, filtered, skipped, rejected } = counts
  return { total: delivered + filtered + skipped + rejected, ...counts }
}
