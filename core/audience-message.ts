/**
 * Which messages speak of an audience. By `context.personas` alone and never by the event's name, which a person can
 * change in Engage: https://segment.com/docs/engage/using-engage-data/ . What the message says of the membership, and
 * whether that can be read, is the audiences lane's business.
 */
import { isObject, type Json } from './own-keys.ts'
import type { BatchContext } from './receipt.ts'
import { isBlank } from './text.ts'

/** Whether a message is Engage's word on an audience or a journey step; computed traits are not. */
export function isAudienceMessage(item: Json, batch: BatchContext | undefined): boolean {
  return audienceOf(item, batch) !== undefined
}

/**
 * The audience's key and the id of its computation; undefined where the message speaks of none. `externalId` is the
 * name that we gave to a Webhook Audience, in case that is another.
 */
export function audienceOf(
  item: Json,
  batch: BatchContext | undefined,
): { key: string; id: string; externalId?: string } | undefined {
  const personas = personasOf(item.context) ?? personasOf(batch?.context)
  if (personas === undefined) return undefined
  const { computation_class: kind, computation_key: key, computation_id: id } = personas
  if (kind !== 'audience' && kind !== 'journey_step') return undefined
  if (!isText(key) || !isText(id)) return undefined
  const { external_audience_id: externalId } = personas
  return isText(externalId) ? { key, id, externalId } : { key, id }
}

function personasOf(context: unknown): Json | undefined {
  if (!isObject(context)) return undefined
  return isObject(context.personas) ? context.personas : undefined
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && !isBlank(value)
}
