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
  const personas = personasOf(item.context) ?? personasOf(batch?.context)
  if (personas === undefined) return false
  const kind = personas.computation_class
  if (kind !== 'audience' && kind !== 'journey_step') return false
  return isText(personas.computation_key) && isText(personas.computation_id)
}

function personasOf(context: unknown): Json | undefined {
  if (!isObject(context)) return undefined
  return isObject(context.personas) ? context.personas : undefined
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && !isBlank(value)
}
