/** GET and PUT /alerts, POST /alerts/test: where a person is told of what goes wrong, what was told, and how that went. */
import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import { alertKinds, type Alert, type AlertKind } from '../../core/alerts.ts'
import { BridgeError } from '../../core/errors.ts'
import type { ApiDeps } from '../deps.ts'
import { InvalidRequest } from '../on-error.ts'
import { answers, jsonBody } from '../openapi.ts'
import { iso } from '../wire/connection.ts'
import { PageQuery } from '../wire/page.ts'

const kindSwitches = Object.fromEntries(alertKinds.map((kind) => [kind, z.boolean()])) as Record<
  AlertKind,
  z.ZodBoolean
>

const Change = z
  .strictObject({
    url: z.string().max(2_000).nullable().openapi({ description: 'Where alerts are posted; null: nowhere.' }),
    secret: z.string().min(16).max(200).openapi({
      description:
        'Signs what is posted. Never shown again. Without one at the first URL, one is made and shown once.',
    }),
    kinds: z
      .strictObject(kindSwitches)
      .partial()
      .openapi({ description: 'What is told of; all, unless switched off.' }),
    rejectionRateLimit: z.number().gt(0).max(1).openapi({
      description: 'Share of what ended within 5 minutes that may be rejected before it is told.',
    }),
  })
  .partial()
  .openapi('AlertsChange')

const AlertWire = z
  .object({
    id: z.string(),
    kind: z.enum(alertKinds),
    state: z.enum(['firing', 'recovered', 'test']),
    connectionId: z.string().nullable(),
    subject: z.string().nullable().openapi({ description: 'The lane or audience, where it is of one.' }),
    text: z.string(),
    since: z.string(),
    createdAt: z.string(),
    delivery: z
      .object({
        state: z.enum(['off', 'waiting', 'sending', 'delivered', 'given_up']),
        attempts: z.int(),
        lastAttemptAt: z.string().nullable(),
        lastStatus: z.int().nullable(),
        lastAnswer: z.string().nullable(),
        endedAt: z.string().nullable(),
      })
      .openapi({ description: 'How the telling went.' }),
  })
  .openapi('Alert')

const Alerts = z
  .object({
    url: z.string().nullable(),
    hasSecret: z.boolean(),
    kinds: z.object(kindSwitches),
    rejectionRateLimit: z.number(),
    firing: z.array(
      z.object({
        kind: z.enum(alertKinds),
        connectionId: z.string(),
        subject: z.string().nullable(),
        text: z.string(),
        since: z.string(),
      }),
    ),
    data: z.array(AlertWire).openapi({ description: 'What was told, newest first.' }),
    nextCursor: z.string().nullable(),
    secret: z.string().optional().openapi({ description: 'Once, in the answer to the change that made it.' }),
  })
  .openapi('Alerts')

const read = createRoute({
  method: 'get',
  path: '/alerts',
  summary: 'Where alerts go, what holds now, and what was told',
  request: { query: PageQuery },
  responses: answers(200, Alerts, 'The settings, the conditions that hold, the last alerts.', [422]),
})
const change = createRoute({
  method: 'put',
  path: '/alerts',
  summary: 'Change where alerts go and what is told of',
  description:
    'What is not named stays as it is. docs/alerts.md shows how a receiver verifies the signature.',
  request: { body: jsonBody(Change) },
  responses: answers(200, Alerts, 'The settings as they are now.', [400, 422]),
})
const test = createRoute({
  method: 'post',
  path: '/alerts/test',
  summary: 'Send an alert to try the way',
  responses: answers(201, AlertWire, 'The alert; GET /alerts shows how its delivery goes.', [409]),
})

export function registerAlerts(app: OpenAPIHono, deps: ApiDeps): void {
  const { alerts } = deps.store
  app.openapi(read, async (c) => {
    const { limit, cursor } = c.req.valid('query')
    return c.json(await describe(deps, limit, cursor), 200)
  })
  app.openapi(change, async (c) => {
    const { url, kinds, ...rest } = c.req.valid('json')
    const before = await alerts.settings()
    const fault = typeof url === 'string' ? deps.alertUrlFault(url) : undefined
    if (fault !== undefined) throw new InvalidRequest([{ path: ['url'], message: fault }])
    const isFirst = typeof url === 'string' && !before.hasSecret && rest.secret === undefined
    const made = isFirst ? { secret: newSecret(deps) } : {}
    const off = { ...Object.fromEntries(before.kindsOff.map((kind) => [kind, false])), ...kinds }
    await alerts.change(
      {
        ...(url === undefined ? {} : { url }),
        ...definedOnly(rest),
        ...made,
        kindsOff: alertKinds.filter((kind) => off[kind] === false),
      },
      deps.clock.nowMs(),
    )
    return c.json({ ...(await describe(deps, 50)), ...made }, 200)
  })
  app.openapi(test, async (c) => {
    if ((await alerts.settings()).url === undefined)
      throw new BridgeError('alerts_off', 'There is no URL to send an alert to.')
    const alert = await alerts.addTest(deps.ids.next('alert'), deps.clock.nowMs())
    await deps.alertWatch.start(alert)
    return c.json(toWire((await alerts.get(alert.id)) ?? alert), 201)
  })
}

/** As receivers' libraries take it: `whsec_` and the bytes in base64. */
function newSecret({ ids }: ApiDeps): string {
  return `whsec_${Buffer.from(ids.secret(), 'base64url').toString('base64')}`
}

function definedOnly<T extends object>(given: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>
  }
}

async function describe(
  { store: { alerts } }: ApiDeps,
  limit: number,
  after?: string,
): Promise<z.infer<typeof Alerts>> {
  const { url = null, hasSecret, kindsOff, rejectionRateLimit } = await alerts.settings()
  const found = await alerts.list({ limit: limit + 1, ...(after === undefined ? {} : { after }) })
  const page = found.slice(0, limit)
  const conditions = await alerts.conditions()
  return {
    ...{ url, hasSecret, rejectionRateLimit },
    kinds: Object.fromEntries(alertKinds.map((kind) => [kind, !kindsOff.includes(kind)])) as Record<
      AlertKind,
      boolean
    >,
    firing: conditions
      .filter(({ kind }) => !kindsOff.includes(kind))
      .map(({ kind, connectionId, subject = null, text, sinceMs }) => ({
        ...{ kind, connectionId, subject, text },
        since: iso(sinceMs),
      })),
    data: page.map(toWire),
    nextCursor: found.length > limit ? (page.at(-1)?.id ?? null) : null,
  }
}

const isoOrNull = (ms: number | undefined) => (ms === undefined ? null : iso(ms))

function toWire(alert: Alert): z.infer<typeof AlertWire> {
  const { id, kind, state, connectionId = null, subject = null, text } = alert
  return {
    ...{ id, kind, state, connectionId, subject, text },
    since: iso(alert.sinceMs),
    createdAt: iso(alert.createdAtMs),
    delivery: {
      state: alert.delivery,
      attempts: alert.attempts,
      lastAttemptAt: isoOrNull(alert.lastAttemptAtMs),
      lastStatus: alert.lastStatus ?? null,
      lastAnswer: alert.lastAnswer ?? null,
      endedAt: isoOrNull(alert.endedAtMs),
    },
  }
}
