/**
 * Segment's wire: what its SDKs, its webhook destinations and its archives send us, and how a request body comes
 * apart into messages. Nothing here judges a message; that is `segment-to-statsig`.
 */
import { isObject, type Json } from './own-keys.ts'
import type { BatchContext } from './receipt.ts'
import type { MessageType } from './settings.ts'

/**
 * A message as Segment documents it (https://segment.com/docs/connections/spec/common/). For readers only: the code
 * takes `unknown` and believes none of it.
 */
export interface SegmentMessage {
  /** Also `delete`, which a GDPR regulation sends to webhooks: segment.com/docs/connections/destinations/catalog/webhooks/ */
  type: MessageType | 'delete'
  /** One of the two ids is required; analytics-python sends the other as null. */
  userId?: string | null
  anonymousId?: string | null
  /** At most 100 characters, free form: https://segment.com/docs/guides/duplicate-data/ */
  messageId?: string
  /** ISO 8601; analytics-go writes nanoseconds. `timestamp` is Segment's corrected time once Segment has seen it. */
  timestamp?: string
  originalTimestamp?: string
  sentAt?: string | null
  receivedAt?: string
  context?: SegmentContext
  /** `{All: false, Statsig: true}`; analytics-go's DisableAll writes a lower-case `all`. */
  integrations?: Record<string, unknown>
  /** track: https://segment.com/docs/connections/spec/track/ */
  event?: string
  properties?: Record<string, unknown>
  /** page and screen: https://segment.com/docs/connections/spec/page/ */
  name?: string
  category?: string | null
  /** group: https://segment.com/docs/connections/spec/group/ */
  groupId?: string
  traits?: Record<string, unknown>
  /** alias: https://segment.com/docs/connections/spec/alias/ */
  previousId?: string
}

/** The parts of `context` that we read: https://segment.com/docs/connections/spec/common/#context */
export interface SegmentContext {
  ip?: string
  userAgent?: string
  locale?: string
  app?: { version?: string }
  traits?: { email?: string }
  library?: { name?: string; version?: string }
  /** "Fill in the caller's address": segment.com/docs/connections/sources/catalog/libraries/server/http-api/ */
  direct?: boolean
  /** Engage's mark of a computed audience: https://segment.com/docs/engage/using-engage-data/ */
  personas?: { computation_class?: string; computation_id?: string; computation_key?: string }
}

/** The routes of the tracking API; `/v1/import` is an older name of `batch`. */
export type TrackingCall = 'batch' | MessageType

export type Unpacked =
  | { ok: true; items: unknown[]; batch: BatchContext }
  | { ok: false; code: 'not_an_object' | 'no_batch_array'; message: string }

/** The type that a route gives to its message; none for batches, whose items name their own. */
export function messageTypeOf(call: TrackingCall): MessageType | undefined {
  return call === 'batch' ? undefined : call
}

/**
 * Takes a request body of the tracking API apart. A single call is its own one item. The batch's `context` and
 * `integrations` are handed on beside the items, not copied into them: they are merged where they are read.
 */
export function unpackTracking(body: unknown, call: TrackingCall): Unpacked {
  if (!isObject(body)) return { ok: false, code: 'not_an_object', message: 'The body must be a JSON object.' }
  if (call !== 'batch') return { ok: true, items: [body], batch: {} }
  const items = body.batch
  if (!Array.isArray(items))
    return { ok: false, code: 'no_batch_array', message: '`batch` must be an array.' }
  return { ok: true, items, batch: batchContextOf(body) }
}

function batchContextOf(body: Json): BatchContext {
  const batch: BatchContext = {}
  if (isObject(body.context)) batch.context = body.context
  if (isObject(body.integrations)) batch.integrations = body.integrations
  if (body.sentAt !== undefined && body.sentAt !== null) batch.sentAt = body.sentAt
  return batch
}

/**
 * Takes a webhook's body apart: one message, an array of them, or elements wrapped as `{"json": message}` as
 * Segment's Extensible Webhook batches are (github.com/segmentio/action-destinations, webhook-extensible).
 */
export function unpackWebhook(body: unknown): Unpacked {
  if (Array.isArray(body)) return { ok: true, items: body.map(unwrapWebhook), batch: {} }
  if (isObject(body)) return { ok: true, items: [unwrapWebhook(body)], batch: {} }
  return { ok: false, code: 'not_an_object', message: 'The body must be a JSON object or an array.' }
}

/** The message in an element of a webhook's body. */
export function unwrapWebhook(element: unknown): unknown {
  if (!isObject(element) || !Object.hasOwn(element, 'json')) return element
  return Object.keys(element).length === 1 ? element.json : element
}
