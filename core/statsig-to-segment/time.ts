/**
 * When it happened, as Statsig spells it: a number or its text, in s or ms, or ISO 8601. No age is too old. SDKs say
 * with each request what time their clock shows, for Statsig to count their times by; here we stand in its place.
 */
import type { Json } from '../own-keys.ts'
import type { Rejection } from '../outcome.ts'
import type { Receipt } from '../receipt.ts'
import type { Notes } from '../segment-to-statsig/notes.ts'
import { parseTimeMs } from '../segment-to-statsig/parse-time.ts'

/** `toISOString` writes years beyond as six digits, which nobody at Segment reads. */
const isoFromMs = Date.parse('0000-01-01T00:00:00.000Z')
const isoToMs = Date.parse('9999-12-31T23:59:59.999Z')

/** Epoch ms; NaN for what is no time, the time of receipt when none is said. */
export function timeOf(item: Json, receipt: Receipt): number {
  const stated = item.time ?? item.timestamp
  if (stated === undefined || stated === null) return receipt.receivedAtMs
  const atMs = byOurClock(parseTimeMs(numberOf(stated)), receipt)
  return atMs >= isoFromMs && atMs <= isoToMs ? atMs : NaN
}

/** A time after the moment of the request is not of the clock that tells it, and is left as it is. */
function byOurClock(atMs: number, { receivedAtMs, clockBehindMs = 0 }: Receipt): number {
  return atMs <= receivedAtMs - clockBehindMs ? atMs + clockBehindMs : atMs
}

/** Digits as text are a number, and what a number has below the millisecond is cut off. */
function numberOf(stated: unknown): unknown {
  if (typeof stated === 'number') return Math.trunc(stated)
  return typeof stated === 'string' && /^\d{1,16}(\.\d+)?$/.test(stated) ? Math.trunc(Number(stated)) : stated
}

/** The time of an event, or why there is none. */
export function settleTime(item: Json, receipt: Receipt, notes: Notes): number | Rejection {
  const atMs = timeOf(item, receipt)
  const path = item.time === undefined || item.time === null ? 'timestamp' : 'time'
  if (Number.isNaN(atMs)) {
    const message = 'Neither an ISO 8601 time that exists nor a number of seconds or milliseconds.'
    return { code: 'invalid_time', path, message }
  }
  notes.origin('timestamp', originOf(item, atMs, path, receipt))
  return atMs
}

function originOf(item: Json, atMs: number, path: string, receipt: Receipt): string {
  if ((item.time ?? item.timestamp ?? null) === null) return 'receipt.receivedAt'
  const isCorrected = timeOf(item, { ...receipt, clockBehindMs: 0 }) !== atMs
  return isCorrected ? `${path}, corrected by the client's clock` : path
}
