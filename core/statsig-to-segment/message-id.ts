/**
 * The messageId of an event, by which Segment and we tell a repetition from a second event. It must be the same at
 * every attempt and in every export, so it is made of the event alone: Statsig's `timeUUID`, else a hash. Of events
 * that are equal to the last letter, the second in a request is another event and not a repetition; and an event
 * that says no time is told from the same one in a later request by the request.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { isObject, type Json } from '../own-keys.ts'
import type { BatchContext, Receipt } from '../receipt.ts'
import { idText } from '../segment-to-statsig/ids.ts'

/** Segment: fewer than 100 characters (segment.com/docs/connections/sources/catalog/libraries/server/http-api). */
const messageIdCharsMax = 99
const hashBytes = 16

/** The id, or undefined for what nests so deep that it cannot be written as JSON. */
export function messageIdOf(item: Json, receipt: Receipt): string | undefined {
  const stated = idText(item.timeUUID)
  if (stated !== undefined && stated.length <= messageIdCharsMax) return stated
  const text = jsonOf(item)
  if (text === undefined) return undefined
  const envelope = receipt.batch?.statsig
  const parts: unknown[] = [text, ordinalOf(item, receipt.batch), envelope?.stableID ?? null]
  if (!isObject(item.user)) parts.push(envelopeUser(envelope?.user))
  if (!saysTime(item)) parts.push(receipt.requestId ?? null)
  return `statsig-${bytesToHex(sha256(utf8ToBytes(JSON.stringify(parts))).subarray(0, hashBytes))}`
}

/** The id of a whole request, made of its bytes. */
export function requestIdOf(body: string): string {
  return `forward-${bytesToHex(sha256(utf8ToBytes(body)).subarray(0, hashBytes))}`
}

const saysTime = ({ time, timestamp }: Json): boolean => (time ?? timestamp ?? null) !== null

/** A default user may be as large as a body and is the same for every event: its ids are enough to tell users apart. */
function envelopeUser(user: Json | undefined): unknown {
  return user === undefined ? null : [idText(user.userID), isObject(user.customIDs) ? user.customIDs : null]
}

/** How many events before it in its request are equal to it. Counted once a request, when it is first asked for. */
function ordinalOf(item: Json, batch: BatchContext | undefined): number {
  if (batch?.statsig === undefined || batch.statsig.items.length < 2) return 0
  let ordinals = counted.get(batch)
  if (ordinals === undefined) {
    ordinals = repeatedIn(batch.statsig.items)
    counted.set(batch, ordinals)
  }
  return ordinals.get(item) ?? 0
}

/** A memory of what was counted, not a state. */
const counted = new WeakMap<BatchContext, ReadonlyMap<unknown, number>>()

function repeatedIn(items: readonly unknown[]): ReadonlyMap<unknown, number> {
  const seen = new Map<string, number>()
  const ordinals = new Map<unknown, number>()
  for (const item of items) {
    if (!isObject(item)) continue
    const text = jsonOf(item)
    if (text === undefined) continue
    const before = seen.get(text) ?? 0
    seen.set(text, before + 1)
    if (before > 0) ordinals.set(item, before)
  }
  return ordinals
}

/** JSON of any depth can be read, but not written. */
function jsonOf(value: Json): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}
