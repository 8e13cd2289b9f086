/**
 * When an event happened. A sender's clock may be wrong; Segment's remedy is to take the distance between `timestamp`
 * and `sentAt`, both from that clock, and to count it back from the time of receipt, which is ours:
 * https://segment.com/docs/connections/spec/common/#timestamps
 */
import type { Json } from '../own-keys.ts'
import type { Rejection } from '../outcome.ts'
import type { Receipt } from '../receipt.ts'
import type { Message } from './message.ts'
import type { Notes } from './notes.ts'
import { parseTimeMs, TIME_MAX_MS } from './parse-time.ts'

const AHEAD_TOLERATED_MS = 5 * 60 * 1000
const AHEAD_MAX_MS = 24 * 60 * 60 * 1000

/**
 * The time of a message, epoch ms, corrected where correction is ours to make; NaN when it says a time that cannot be
 * read, the time of receipt when it says none. A message that carries `originalTimestamp` or `receivedAt` has been
 * through Segment, which has corrected it.
 */
export function correctedTimeMs(item: Json, receipt: Receipt): number {
  const stated = item.timestamp
  if (stated === undefined || stated === null) return receipt.receivedAtMs
  const atMs = parseTimeMs(stated)
  if (receipt.source !== 'tracking' || Number.isNaN(atMs)) return atMs
  if (isStated(item.originalTimestamp) || isStated(item.receivedAt)) return atMs
  // The batch's is the moment of the request; analytics-next strips the items' own for that reason.
  const sentAtMs = parseTimeMs(receipt.batch?.sentAt ?? item.sentAt)
  if (!(sentAtMs >= atMs)) return atMs
  // Two times at the ends of the calendar are further apart than a time can be.
  const correctedMs = receipt.receivedAtMs - (sentAtMs - atMs)
  return correctedMs < -TIME_MAX_MS ? NaN : correctedMs
}

function isStated(value: unknown): boolean {
  return value !== undefined && value !== null
}

/** Turns a corrected time into the one that we deliver, or says why there is none. */
export function settleTime(atMs: number, { item, receipt }: Message, notes: Notes): number | Rejection {
  if (Number.isNaN(atMs)) {
    const message =
      'The timestamp is neither an ISO 8601 time that exists nor an integer in seconds or milliseconds.'
    return { code: 'invalid_time', path: 'timestamp', message }
  }
  const aheadMs = atMs - receipt.receivedAtMs
  if (aheadMs > AHEAD_MAX_MS) {
    const message = 'The timestamp is more than a day ahead of the time of receipt.'
    return { code: 'time_in_future', path: 'timestamp', message }
  }
  if (aheadMs <= AHEAD_TOLERATED_MS) {
    if (notes.trace !== undefined) notes.origin('time', originOf(atMs, item.timestamp))
    return atMs
  }
  notes.warn('time_ahead', 'timestamp', 'More than 5 minutes ahead of receipt; the time of receipt is taken.')
  notes.origin('time', 'receipt.receivedAt')
  return receipt.receivedAtMs
}

function originOf(atMs: number, stated: unknown): string {
  if (!isStated(stated)) return 'receipt.receivedAt'
  return parseTimeMs(stated) === atMs ? 'timestamp' : 'timestamp, corrected by sentAt'
}
