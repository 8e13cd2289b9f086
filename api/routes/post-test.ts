/** POST /connections/:id/test: one message tried by the live path's own functions, and sent where that is asked for. */
import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import { directionOf } from '../../core/directions.ts'
import { destinationOf, isLaneName, type Destination } from '../../core/lanes.ts'
import type { Warning } from '../../core/outcome.ts'
import { isObject } from '../../core/own-keys.ts'
import { experimentsFor } from '../../core/project-experiments.ts'
import { redact, redactText } from '../../core/redact.ts'
import { meaningOf } from '../../core/retry.ts'
import { unknownIdTypes } from '../../core/segment-to-statsig/id-types.ts'
import { shownJson } from '../../core/shown-json.ts'
import type { StatsigEvent } from '../../core/statsig.ts'
import type { ApiDeps } from '../deps.ts'
import { traceMessage, type EventTrace } from '../event-trace.ts'
import { InvalidRequest } from '../on-error.ts'
import { answers, ConnectionPath, jsonBody } from '../openapi.ts'
import { iso } from '../wire/connection.ts'
import { loadConnection } from './read-connections.ts'

const answerCharsMax = 500

const TestBody = z
  .strictObject({
    message: z
      .unknown()
      .openapi({ type: 'object', description: "As Segment's SDKs send it, or as Statsig does." }),
    lane: z
      .string()
      .max(150)
      .optional()
      .openapi({ description: 'The lane to try; that of accept otherwise.' }),
    send: z.boolean().default(false).openapi({ description: "Send it, with the connection's key." }),
  })
  .openapi('TestRequest')

const Sent = z.object({
  result: z.enum(['accepted', 'refused', 'too_large', 'key', 'wait', 'no_key', 'not_sent']).openapi({
    description:
      "What the vendor's answer means: `key` is refused, `wait` may work later, `no_key`: none is set, `not_sent`: it is not mapped.",
  }),
  status: z.int().nullable(),
  durationMs: z.int().nullable(),
  answer: z
    .string()
    .openapi({ description: "The vendor's words or the fault, cut; or why nothing was sent." }),
})

const TestTrace = z
  .object({
    lane: z.string(),
    lanes: z.array(z.string()).openapi({ description: 'Where accept would put it.' }),
    receivedAt: z.string(),
    received: z.unknown(),
    outcome: z.enum(['mapped', 'filtered', 'skipped', 'rejected']).nullable(),
    reason: z.string().nullable(),
    path: z.string().nullable(),
    detail: z.string().nullable(),
    filter: z
      .object({ included: z.boolean(), rule: z.string() })
      .nullable()
      .openapi({ description: 'null: it was held back before the filters are asked.' }),
    identifiers: z.array(z.object({ unit: z.string(), value: z.unknown(), from: z.string() })),
    origins: z.array(z.object({ target: z.string(), from: z.string() })),
    mapped: z
      .unknown()
      .openapi({ description: 'The event as the vendor takes it; null where there is none.' }),
    warnings: z.array(z.object({ code: z.string(), path: z.string(), message: z.string() })),
    sent: Sent.nullable(),
  })
  .openapi('TestTrace')

const route = createRoute({
  method: 'post',
  path: '/connections/{id}/test',
  summary: 'Try one message: what would become of it and why; nothing is stored or counted',
  request: { params: ConnectionPath, body: jsonBody(TestBody) },
  responses: answers(200, TestTrace, 'The trace.', [400, 404, 422]),
})

export function registerTest(app: OpenAPIHono, deps: ApiDeps): void {
  const { lateAfterMs, tooOldAfterMs } = deps.config
  app.openapi(route, async (c) => {
    const { message, lane, send } = c.req.valid('json')
    const { id, settings } = await loadConnection(deps, c.req.valid('param').id)
    if (message === undefined) throw new InvalidRequest([{ path: ['message'], message: 'is missing' }])
    if (lane !== undefined && !isLaneName(lane))
      throw new InvalidRequest([{ path: ['lane'], message: 'is no lane' }])
    const nowMs = deps.clock.nowMs()
    const isOut = lane !== undefined && directionOf(lane) === 'outbound'
    const experiments = isOut
      ? await experimentsFor({ connections: deps.store.connections, experiments: deps.experiments }, id)
      : undefined
    const traced = traceMessage(message, { nowMs, lateAfterMs, tooOldAfterMs, settings, lane, experiments })
    const sent = send ? await sendTraced(deps, id, traced, c.req.raw.signal) : null
    return c.json(
      { ...(await toWire(deps, id, traced)), received: show(message), receivedAt: iso(nowMs), sent },
      200,
    )
  })
}

const show = (value: unknown) => redact(shownJson(value))

async function sendTraced(
  deps: ApiDeps,
  connectionId: string,
  { lane, mapped }: EventTrace,
  signal: AbortSignal,
): Promise<z.infer<typeof Sent>> {
  const nothing = (result: 'not_sent' | 'no_key', answer: string) => ({
    result,
    status: null,
    durationMs: null,
    answer,
  })
  if (mapped?.verdict.kind !== 'mapped')
    return nothing('not_sent', 'There is no event to send: see `outcome`.')
  const sender = deps.senders[destinationOf(lane)]
  if (sender === undefined) return nothing('not_sent', `Nothing is sent from lane ${lane} by hand.`)
  const key = await deps.store.connections.openKey(connectionId, sender.keyKind)
  if (key === undefined) return nothing('no_key', `The connection has no \`${sender.keyKind}\`.`)
  const answer = await sender.send(key, [JSON.stringify(mapped.verdict.event)], signal)
  return {
    result: answer.means ?? meaningOf(answer),
    status: answer.status ?? null,
    durationMs: answer.durationMs,
    // An answer may quote the key that it refuses.
    answer: redactText(answer.text.replaceAll(key, '[key]')).slice(0, answerCharsMax),
  }
}

async function toWire(deps: ApiDeps, connectionId: string, { lane, lanes, mapped, trace }: EventTrace) {
  const verdict = mapped?.verdict
  const event = verdict?.kind === 'mapped' ? verdict.event : undefined
  const { origins, filter = null } = trace
  return {
    ...{ lane, lanes: [...lanes], filter, origins },
    ...wordsOf(verdict),
    identifiers: origins.filter(isIdentifier).map(({ target, from }) => ({
      unit: target.replace(/^user\.(customIDs\.)?/, ''),
      value: redact(valueAt(event, target)) ?? null,
      from,
    })),
    mapped: event === undefined ? null : show(event),
    warnings: [
      ...(verdict?.warnings ?? []),
      ...(await warnOfIdTypes(deps, connectionId, destinationOf(lane), event)),
    ],
  }
}

type Words = Pick<z.infer<typeof TestTrace>, 'outcome' | 'reason' | 'path' | 'detail'>

function wordsOf(verdict: NonNullable<EventTrace['mapped']>['verdict'] | undefined): Words {
  const none: Words = { outcome: verdict?.kind ?? null, reason: null, path: null, detail: null }
  if (verdict === undefined)
    return { ...none, detail: 'Such a message is folded into its audience, not mapped.' }
  if (verdict.kind === 'filtered') return { ...none, reason: verdict.rule }
  if (verdict.kind === 'skipped') return { ...none, reason: verdict.reason }
  if (verdict.kind !== 'rejected') return none
  return { ...none, reason: verdict.code, path: verdict.path, detail: verdict.message }
}

const isIdentifier = ({ target }: { target: string }) =>
  /^(user\.(userID|customIDs\.[^]+)|userId|anonymousId)$/.test(target)

/** A custom id's name may hold dots of its own. */
function valueAt(event: unknown, target: string): unknown {
  const [, parent, name] = /^(user\.customIDs|user)\.([^]+)$/.exec(target) ?? [undefined, '', target]
  const within = parent.split('.').filter((key) => key !== '')
  const holder = within.reduce((value, key) => (isObject(value) ? value[key] : undefined), event)
  return isObject(holder) && Object.hasOwn(holder, name) ? holder[name] : undefined
}

/** What only the project itself knows: whether it has the id types that the event names. */
async function warnOfIdTypes(
  { idTypes }: ApiDeps,
  connectionId: string,
  side: Destination,
  event: unknown,
): Promise<Warning[]> {
  if (side !== 'statsig' || event === undefined) return []
  const known = await idTypes.known(connectionId)
  return known === undefined ? [] : unknownIdTypes(event as StatsigEvent, known)
}
