/**
 * One line of a Segment archive: a message as JSON, one a line (segment.com/docs/connections/storage/catalog/aws-s3/).
 * Which window it falls into is decided by its own words, never by the folder that it lies in.
 */
import { isObject, type Json } from './own-keys.ts'
import type { ReplaySpec } from './jobs.ts'
import type { Receipt } from './receipt.ts'
import { parseTimeMs } from './segment-to-statsig/parse-time.ts'

export type ArchiveWindow = Pick<ReplaySpec, 'fromMs' | 'toMs' | 'events' | 'types'>

/** `receivedAtMs` undefined: it says no time that can be read. */
export type ReadLine =
  | { kind: 'outside' | 'not_selected'; receivedAtMs: number | undefined }
  /** `json`: the element of the batch that it becomes; `item`: the same, parsed. */
  | { kind: 'message' | 'not_json'; json: Uint8Array; item: unknown; receivedAtMs: number | undefined }

const decoder = new TextDecoder()
const encoder = new TextEncoder()
/** Of a line that is not JSON: enough to recognise it by. */
const garbageBytesMax = 2_048

/**
 * A line that is not JSON becomes a text, which the mapping rejects as `not_json`; one that is JSON but text already is
 * wrapped, so that it is told as what it is. Both belong to every window: they say no time.
 */
export function readArchiveLine(bytes: Uint8Array, window: ArchiveWindow): ReadLine {
  const value = parse(bytes)
  if (value === undefined) {
    const item = decoder.decode(bytes.subarray(0, garbageBytesMax))
    return { kind: 'not_json', json: encoder.encode(JSON.stringify(item)), item, receivedAtMs: undefined }
  }
  if (!isObject(value)) {
    if (typeof value !== 'string')
      return { kind: 'message', json: bytes, item: value, receivedAtMs: undefined }
    const item = [value]
    return { kind: 'message', json: encoder.encode(JSON.stringify(item)), item, receivedAtMs: undefined }
  }
  const receivedAtMs = archiveReceivedAtMs(value)
  if (receivedAtMs !== undefined && (receivedAtMs < window.fromMs || receivedAtMs >= window.toMs))
    return { kind: 'outside', receivedAtMs }
  if (!isWanted(value, window)) return { kind: 'not_selected', receivedAtMs }
  return { kind: 'message', json: bytes, item: value, receivedAtMs }
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes))
  } catch {
    return undefined
  }
}

/** When Segment received it; without `receivedAt`, its own timestamp. Undefined where neither can be read. */
export function archiveReceivedAtMs(item: Json): number | undefined {
  for (const stated of [item.receivedAt, item.timestamp]) {
    if (stated === undefined || stated === null) continue
    const atMs = parseTimeMs(stated)
    if (!Number.isNaN(atMs)) return atMs
  }
  return undefined
}

/** The receipt of one line: its own time, not that of the request in which we keep it. */
export function lineReceipt(item: unknown, receipt: Receipt): Receipt {
  if (receipt.source !== 'archive' || !isObject(item)) return receipt
  return { ...receipt, receivedAtMs: archiveReceivedAtMs(item) ?? NaN }
}

function isWanted({ type, event, name }: Json, { events, types }: ArchiveWindow): boolean {
  const known: readonly unknown[] | undefined = types
  if (known !== undefined && typeof type === 'string' && !known.includes(type)) return false
  if (events === undefined) return true
  const own = type === 'page' || type === 'screen' ? name : event
  return typeof own === 'string' && events.includes(own)
}
