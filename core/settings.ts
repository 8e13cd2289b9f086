/**
 * What a person sets on a connection, without its secrets. Each change is stored as a new version, so that an
 * attempt can say which settings it used. Shapes are those of the control plane (PATCH /connections/:id).
 */
import { z } from 'zod'
import { InboundFilters, OutboundFilters } from './filters/rules.ts'
import { isBlank, isClean } from './text.ts'

export type MessageType = 'track' | 'page' | 'screen' | 'group' | 'alias' | 'identify'

/** One mapped identifier: `from` is a top-level field or a dotted path of the message, `to` a Statsig id type. */
export const IdentifierMapping = z.object({
  from: z.string().min(1).max(200),
  to: z
    .string()
    .min(1)
    .max(100)
    .refine((type) => !isBlank(type) && isClean(type), 'must be text without NUL and half surrogates'),
})
export type IdentifierMapping = z.infer<typeof IdentifierMapping>

/** One mapped identifier on the way out: a custom id type, or a dotted path of the Statsig event or its user. */
export const OutboundIdentifier = z.object({
  from: z.string().min(1).max(200),
  to: z.enum(['userId', 'anonymousId']),
})
export type OutboundIdentifier = z.infer<typeof OutboundIdentifier>

export const ConnectionSettings = z.object({
  /** Applied in order after `userId -> userID`; `properties.statsigCustomIDs` wins over all of them. */
  identifiers: z
    .array(IdentifierMapping)
    .max(50)
    .default([{ from: 'anonymousId', to: 'segmentAnonymousId' }]),
  /** Environment tier for messages that name none; without it Statsig counts them as production. */
  environment: z.string().min(1).max(100).optional(),
  /** Which calls are delivered. `alias` is off until someone wants it; a type that is off ends `skipped: type_off`. */
  types: z
    .object({
      track: z.boolean().default(true),
      page: z.boolean().default(true),
      screen: z.boolean().default(true),
      group: z.boolean().default(true),
      alias: z.boolean().default(false),
    })
    .prefault({}),
  inbound: z
    .object({
      enabled: z.boolean().default(true),
      /** Put before every event name at Statsig; empty turns the loop guard by prefix off. */
      prefix: z.string().max(50).default('segment::'),
      /** `segment::page Home` instead of `segment::page` with the name in the metadata. */
      nameInEvent: z.boolean().default(false),
      /** Segment's signature covers a batch's first message alone; with this on, a batch is taken with the key besides. */
      batchesNeedKey: z.boolean().default(false),
      /** ISO time until which messageIds seen before are sent again (a Segment Replay that is meant). */
      duplicatesUntil: z.iso.datetime({ offset: true }).optional(),
    })
    .prefault({}),
  outbound: z
    .object({
      /** On when a Segment write key is set, unless told otherwise. A direction that is off ends `skipped: type_off`. */
      enabled: z.boolean().optional(),
      /** Applied in order; one that finds an id takes its place over what Statsig's own fields say. */
      identifiers: z.array(OutboundIdentifier).max(50).default([]),
      /** Batches at the full hour or day (UTC) instead of a stream. */
      flushEvery: z.enum(['hourly', 'daily']).optional(),
      /** Whether what SDKs log here goes on to Statsig too, as received. */
      forward: z.boolean().default(false),
      /** `number`: epoch ms, which Statsig documents and Segment's spec does not know. */
      timestampFormat: z.enum(['iso', 'number']).default('iso'),
    })
    .prefault({}),
  /** Which messages go on, by direction: see core/filters. */
  filters: z
    .object({ inbound: InboundFilters.prefault({}), outbound: OutboundFilters.prefault({}) })
    .prefault({}),
})
export type ConnectionSettings = z.infer<typeof ConnectionSettings>

export const defaultSettings: ConnectionSettings = ConnectionSettings.parse({})
