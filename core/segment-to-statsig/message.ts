/**
 * A message opened for mapping: its parts as objects, the batch's `context` under its own. Made once, read by all.
 */
import { emptyJson, isObject, objectOr, type Json } from '../own-keys.ts'
import type { Rejection } from '../outcome.ts'
import type { Receipt } from '../receipt.ts'
import type { MessageType } from '../settings.ts'
import { Layered } from './layered.ts'
import type { Notes } from './notes.ts'

export interface Message {
  readonly item: Json
  readonly receipt: Receipt
  readonly type: MessageType
  readonly context: Json | Layered
  readonly properties: Json
  readonly traits: Json
}

export const messageTypes: readonly MessageType[] = ['track', 'page', 'screen', 'group', 'alias', 'identify']

/** The type that counts: the route's, else the message's own. */
export function statedType(item: Json, receipt: Receipt): unknown {
  return receipt.callType ?? item.type
}

const byName = new Map<unknown, MessageType>(messageTypes.map((type) => [type, type]))

/**
 * The call that a type names, spelt as Segment's spec spells it. It hands out our own constant: table look-ups by a
 * text fresh from the parser cost a hash each.
 */
export function messageTypeFrom(type: unknown): MessageType | undefined {
  return byName.get(type)
}

/**
 * Opens a message, or says which part has the wrong shape. `properties` (`traits` of a group) that are text, a number
 * or a filled array are refused as Segment refuses them (`properties_not_object`, `traits_not_object`: see
 * https://segment.com/docs/connections/delivery-overview/). A `context` of that kind only enriches, so it is ignored
 * with a warning.
 */
export function openMessage(
  item: Json,
  receipt: Receipt,
  type: MessageType,
  notes: Notes,
): Message | Rejection {
  const properties = objectOr(item.properties, undefined)
  if (properties === undefined) return notAnObject('properties')
  const traits = objectOr(item.traits, type === 'group' ? undefined : emptyJson)
  if (traits === undefined) return notAnObject('traits')
  return { item, receipt, type, context: contextOf(item, receipt, notes), properties, traits }
}

function contextOf(item: Json, receipt: Receipt, notes: Notes): Json | Layered {
  let context = objectOr(item.context, undefined)
  if (context === undefined) {
    notes.warn('not_an_object', 'context', '`context` is not an object and was ignored.')
    context = emptyJson
  }
  const below = receipt.batch?.context
  if (below === undefined || !isObject(below)) return context
  return context === emptyJson ? below : new Layered(context, below)
}

function notAnObject(path: 'properties' | 'traits'): Rejection {
  return { code: `${path}_not_object`, path, message: `\`${path}\` must be an object.` }
}
