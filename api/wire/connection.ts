/** The shapes of a connection in the control plane, and how they are made of the store's. */
import { z } from '@hono/zod-openapi'
import { laneWorkflowId } from '../../core/ids.ts'
import type { Connection as StoredConnection, KeyKind, LaneState } from '../../core/ports.ts'
import { keyKinds } from '../../core/ports.ts'
import { InboundFilters, OutboundFilters } from '../../core/filters/rules.ts'
import { grantHealth } from '../../core/segment-grant.ts'
import { ConnectionSettings, IdentifierMapping, OutboundIdentifier } from '../../core/settings.ts'
import type { ApiDeps } from '../deps.ts'

/** Printable ASCII alone: anything else, such as a line break of a wrapped paste, cannot travel in a header. */
const secret = (prefix: string, name: string) =>
  z
    .string()
    .trim()
    .max(500)
    .regex(/^[\x21-\x7e]*$/, 'has characters that no key has, such as a space or a line break')
    .refine((key) => key.startsWith(prefix), `is not a ${name}: those begin with "${prefix}"`)
const text = z.string().trim().min(1).max(200)

/** Secrets go in and never come out again; null in a PATCH removes one. */
const statsigKeys = {
  serverKey: secret('secret-', 'Statsig server secret key'),
  clientKey: secret('client-', 'Statsig client SDK key'),
  consoleKey: secret('console-', 'Statsig console API key'),
  /** The signing secret of Statsig's outgoing webhook, or a bearer token for it. */
  webhookSecret: secret('', 'signing secret'),
}
const segmentKeys = { writeKey: text, sharedSecret: text, apiToken: z.string().trim().min(1).max(2_000) }

export const NewConnection = z
  .strictObject({
    name: text,
    setup: z.enum(['manual', 'oauth', 'token']).default('manual'),
    /** Keeps a write key that SDKs use already; without it we make one. */
    writeKey: z
      .string()
      .regex(/^[\w-]{4,100}$/)
      .optional(),
    statsig: z
      .strictObject({ ...statsigKeys })
      .partial()
      .default({}),
    segment: z
      .strictObject({ ...segmentKeys })
      .partial()
      .default({}),
  })
  .openapi('NewConnection')

/** null puts a setting back to its default. */
const flag = z.boolean().nullable()
const inbound = ConnectionSettings.shape.inbound.unwrap().shape
const outbound = ConnectionSettings.shape.outbound.unwrap().shape
const inboundFilters = InboundFilters.shape
const outboundFilters = OutboundFilters.shape
const includes = inboundFilters.default.unwrap().nullable()

const LaneName = z.enum(['events', 'late', 'audiences', 'outbound', 'forward'])

export const ConnectionPatch = z
  .strictObject({
    name: text,
    paused: z.union([z.boolean(), z.partialRecord(LaneName, z.boolean())]),
    statsig: z
      .strictObject({
        serverKey: statsigKeys.serverKey.nullable(),
        clientKey: statsigKeys.clientKey.nullable(),
        consoleKey: statsigKeys.consoleKey.nullable(),
        webhookSecret: statsigKeys.webhookSecret.nullable(),
      })
      .partial(),
    segment: z
      .strictObject({
        writeKey: segmentKeys.writeKey.nullable(),
        sharedSecret: segmentKeys.sharedSecret.nullable(),
        apiToken: segmentKeys.apiToken.nullable(),
      })
      .partial(),
    identifiers: z.array(z.strictObject(IdentifierMapping.shape)).max(50).nullable(),
    environment: z.string().min(1).max(100).nullable(),
    types: z
      .strictObject({ track: flag, page: flag, screen: flag, group: flag, alias: flag })
      .partial()
      .nullable(),
    inbound: z
      .strictObject({
        enabled: flag,
        prefix: inbound.prefix.unwrap().nullable(),
        nameInEvent: flag,
        batchesNeedKey: flag,
        duplicatesUntil: inbound.duplicatesUntil.unwrap().nullable(),
      })
      .partial()
      .nullable(),
    outbound: z
      .strictObject({
        enabled: flag,
        identifiers: z.array(z.strictObject(OutboundIdentifier.shape)).max(50).nullable(),
        flushEvery: outbound.flushEvery.unwrap().nullable(),
        forward: flag,
        timestampFormat: outbound.timestampFormat.unwrap().nullable(),
      })
      .partial()
      .nullable(),
    filters: z
      .strictObject({
        inbound: z
          .strictObject({ default: includes, rules: inboundFilters.rules.unwrap().nullable() })
          .partial()
          .nullable(),
        outbound: z
          .strictObject({
            default: includes,
            rules: outboundFilters.rules.unwrap().nullable(),
            exposures: flag,
            configChanges: flag,
            firstExposureOnly: flag,
          })
          .partial()
          .nullable(),
      })
      .partial()
      .nullable(),
  })
  .partial()
  .openapi('ConnectionPatch')
export type ConnectionPatch = z.infer<typeof ConnectionPatch>

const Lane = z.object({
  state: z.enum(['asleep', 'running', 'paused', 'needs_attention']),
  reason: z.string().optional(),
  paused: z.boolean(),
  pending: z.number().int(),
  lagMs: z.number().int(),
  workflowId: z.string(),
  temporalUrl: z.string(),
})

/** How long what Segment granted by OAuth will serve. */
const SegmentAccess = z
  .object({
    state: z.enum(['good', 'dying', 'ended']),
    says: z.string().optional().openapi({ description: 'What is the matter, and what to do.' }),
    renewedAt: z.string(),
    endsAt: z.string().optional().openapi({ description: 'Where nothing renews it.' }),
  })
  .openapi('SegmentAccess')
type SegmentAccess = z.infer<typeof SegmentAccess>

export const Connection = z
  .object({
    id: z.string(),
    name: z.string(),
    setup: z.enum(['manual', 'oauth', 'token']),
    status: z.enum(['new', 'connecting', 'active', 'needs_attention', 'disconnecting']),
    writeKey: z.string(),
    webhookUrl: z.string(),
    statsigWebhookUrl: z.string(),
    audiencesUrl: z.string(),
    paused: z.boolean(),
    lanes: z.record(z.string(), Lane),
    statsig: z.object({
      serverKey: z.boolean(),
      clientKey: z.boolean(),
      consoleKey: z.boolean(),
      webhookSecret: z.boolean(),
    }),
    segment: z.object({ writeKey: z.boolean(), sharedSecret: z.boolean(), apiToken: z.boolean() }),
    segmentAccess: SegmentAccess.optional(),
    identifiers: ConnectionSettings.shape.identifiers,
    environment: z.string().optional(),
    types: ConnectionSettings.shape.types,
    inbound: ConnectionSettings.shape.inbound,
    outbound: ConnectionSettings.shape.outbound,
    filters: ConnectionSettings.shape.filters,
    settingsVersion: z.number().int(),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .openapi('Connection')
export type Connection = z.infer<typeof Connection>

/** `statsig: {serverKey}` and `segment: {writeKey}` as the store's kinds of keys. */
export function keysOf<T extends string | null>(body: {
  statsig?: Partial<Record<string, T | undefined>> | undefined
  segment?: Partial<Record<string, T | undefined>> | undefined
}): Partial<Record<KeyKind, T>> {
  const keys: Partial<Record<KeyKind, T>> = {}
  for (const kind of keyKinds) {
    const [vendor, name] = kind.split('.') as ['statsig' | 'segment', string]
    const value = body[vendor]?.[name]
    if (value !== undefined) keys[kind] = value
  }
  return keys
}

export const iso = (ms: number): string => new Date(ms).toISOString()

async function accessOf({ store, clock }: ApiDeps, id: string): Promise<SegmentAccess | undefined> {
  const grant = await store.grants.outline(id)
  if (grant === undefined) return undefined
  const { refreshedAtMs, expiresAtMs, canRefresh } = grant
  return {
    ...grantHealth(grant, clock.nowMs()),
    renewedAt: iso(refreshedAtMs),
    ...(canRefresh || expiresAtMs === undefined ? {} : { endsAt: iso(expiresAtMs) }),
  }
}

export async function toWire(deps: ApiDeps, connection: StoredConnection): Promise<Connection> {
  const { id, name, setup, status, writeKey, paused, settings, settingsVersion, keys } = connection
  const lanes = await deps.store.connections.lanes(id)
  const access = await accessOf(deps, id)
  const has = (kind: KeyKind) => keys.includes(kind)
  const hook = `${deps.config.publicUrl}/webhooks/segment/${id}`
  return {
    ...{ id, name, setup, status, writeKey, paused, settingsVersion },
    webhookUrl: hook,
    statsigWebhookUrl: `${deps.config.publicUrl}/webhooks/statsig/${id}`,
    audiencesUrl: hook,
    lanes: Object.fromEntries(
      lanes.map((lane) => [lane.lane, laneToWire(deps, resting(lane, settings, deps.clock.nowMs()), paused)]),
    ),
    statsig: {
      serverKey: has('statsig.serverKey'),
      clientKey: has('statsig.clientKey'),
      consoleKey: has('statsig.consoleKey'),
      webhookSecret: has('statsig.webhookSecret'),
    },
    segment: {
      writeKey: has('segment.writeKey'),
      sharedSecret: has('segment.sharedSecret'),
      apiToken: has('segment.apiToken'),
    },
    ...(access === undefined ? {} : { segmentAccess: access }),
    identifiers: settings.identifiers,
    ...(settings.environment === undefined ? {} : { environment: settings.environment }),
    types: settings.types,
    inbound: settings.inbound,
    outbound: settings.outbound,
    filters: settings.filters,
    createdAt: iso(connection.createdAtMs),
    updatedAt: iso(connection.updatedAtMs),
  }
}

/** A lane that has what may not leave before its hour sleeps, as a person sees it; `reason` says until when. */
function resting(lane: LaneState, { outbound }: ConnectionSettings, nowMs: number): LaneState {
  const isResting = lane.state === 'running' && lane.touchedAtMs > nowMs
  return lane.lane === 'outbound' && outbound.flushEvery !== undefined && isResting
    ? { ...lane, state: 'asleep' }
    : lane
}

/** A pause shows at once, though the drain may be asleep and see it only with the next event. */
function laneToWire(
  { config, clock }: ApiDeps,
  lane: LaneState,
  connectionPaused: boolean,
): z.infer<typeof Lane> {
  const workflowId = laneWorkflowId(lane.connectionId, lane.lane)
  const isHeld =
    lane.state === 'needs_attention' ? lane.state : connectionPaused || lane.paused ? 'paused' : undefined
  const { url, namespace } = config.temporalUi
  return {
    state: isHeld ?? lane.state,
    ...(lane.reason === undefined ? {} : { reason: lane.reason }),
    paused: lane.paused,
    pending: lane.pending,
    lagMs: lagMs(lane, clock.nowMs()),
    workflowId,
    temporalUrl: `${url}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}`,
  }
}

/** Age of the oldest pending entry; 0 where nothing waits. */
export function lagMs({ oldestPendingAtMs }: Pick<LaneState, 'oldestPendingAtMs'>, nowMs: number): number {
  return oldestPendingAtMs === undefined ? 0 : Math.max(0, nowMs - oldestPendingAtMs)
}
