/** Reads the next run of a lane and decides each message. Bodies are parsed once, however many runs they span. */
import { eraseItems, isErasedItem, personIdsOf, type IsGone, type PersonId } from '../core/erasure.ts'
import { madeMessageId } from '../core/ids.ts'
import type { Verdict } from '../core/outcome.ts'
import { isObject } from '../core/own-keys.ts'
import type { LaneStore, LogRow } from '../core/ports.ts'
import type { Receipt } from '../core/receipt.ts'
import type { ConnectionSettings } from '../core/settings.ts'
import type { Experiments } from '../core/statsig-to-segment/experiments.ts'
import { timeOf } from '../core/statsig-to-segment/time.ts'
import { receiptOf, unpackForLane } from '../core/stored-request.ts'
import { basisText, saidOf, type DecidedChunk } from './decided-chunk.ts'
import type { LaneHandler, Seen } from './lane-handler.ts'
import type { ParsedBodies } from './parsed-bodies.ts'

/** One entry with what the mapping said of it. */
export interface Decided {
  seq: number
  sole: boolean
  messageId: string
  seen: Seen
  verdict: Verdict<string>
  receivedAtMs: number
  /** Only the first entry that is delivered under this key goes out. */
  once: string | undefined
  mayBeEcho: boolean
}

interface OpenRequest {
  requestId: number
  items: readonly unknown[]
  receipt: Receipt
  bytes: number
  /** What was said of its items, with the settings of this run. */
  decided?: DecidedChunk | undefined
}

const saidAt = ({ decided }: OpenRequest, item: number) => decided && saidOf(decided, item)

/** Whether a message with these ids, of this time, is of a person who was erased since. */
export type IsErased = (ids: PersonId[], timeMs: number) => boolean

/** What is known besides the settings when a run is decided. */
export interface Known {
  isErased?: IsErased | undefined
  experiments?: Experiments | undefined
}

/**
 * Of bodies that one run opens. What a message says may be as large as its body, and all of a run is held at once: a
 * thousand requests of 16 MB must not be.
 */
const runBytesMax = 8 * 1024 * 1024

/** `ageAtMs`: when age is taken, where that is not at receipt. */
export function createRunReader(
  lanes: LaneStore,
  handler: LaneHandler,
  ageAtMs?: number,
  parsed?: ParsedBodies,
) {
  // A request of thousands of messages spans several runs; smaller ones are read once and dropped.
  let open: OpenRequest | undefined

  async function openRequest(row: LogRow, basis: string, isErased?: IsErased): Promise<OpenRequest> {
    const holds = ({ decided }: OpenRequest) =>
      decided === undefined || (isErased === undefined && decided.basis === basis)
    if (open?.requestId === row.requestId && holds(open)) return open
    const read = parsed?.take(row.requestId)
    if (read) {
      const receipt = { ...receiptOf(row, {}), ageAtMs }
      const remembered = { items: [], ...read, requestId: row.requestId, receipt }
      if (holds(remembered)) return (open = remembered)
    }
    const body = await lanes.body(row.requestId)
    const unpacked = unpackForLane(handler.unit === 'request' ? 'forward' : 'outbound', row, body)
    if (!unpacked.ok) throw new Error(`request ${row.requestId} was accepted but is ${unpacked.code}`)
    const receipt = { ...receiptOf(row, unpacked.batch), ageAtMs }
    open = { requestId: row.requestId, items: unpacked.items, receipt, bytes: body.length }
    return open
  }

  /** The entries of these rows behind the cursor, in order, at most `max`; fewer where their bodies are large. */
  return async function readRun(
    rows: LogRow[],
    cursor: number,
    settings: ConnectionSettings,
    max: number,
    { isErased, experiments }: Known = {},
  ): Promise<Decided[]> {
    const basis = parsed && ageAtMs !== undefined ? basisText({ settings, ageAtMs }) : ''
    const run: Decided[] = []
    let bytes = 0
    let last: OpenRequest | undefined
    for (const row of rows) {
      if (bytes > runBytesMax) break
      const opened = await openRequest(row, basis, isErased)
      const { items } = opened
      const receipt = { ...opened.receipt, experiments }
      if (opened !== last) bytes += opened.bytes
      last = opened
      const from = Math.max(row.firstSeq, cursor + 1)
      for (let seq = from; seq <= row.lastSeq && run.length < max; seq += 1) {
        const offset = seq - row.firstSeq
        const item = row.items?.[offset] ?? offset
        const {
          seen,
          verdict,
          once,
          mayBeEcho = false,
        } = saidAt(opened, item) ?? decideLawfully(handler, items[item], receipt, settings, isErased)
        const messageId = seen.messageId ?? madeMessageId(row.requestId, item)
        const { receivedAtMs } = receipt
        run.push({ seq, sole: row.sole, messageId, seen, verdict, receivedAtMs, once, mayBeEcho })
      }
    }
    return run
  }
}

const erased: Verdict<string> = { kind: 'skipped', reason: 'erased', warnings: [] }

/** What was of an erased person goes nowhere, whatever the mapping makes of it; of it only the id of the message is kept. */
function decideLawfully(
  handler: LaneHandler,
  item: unknown,
  receipt: Receipt,
  settings: ConnectionSettings,
  isErased: IsErased | undefined,
): ReturnType<LaneHandler['decide']> {
  if (isErasedItem(item)) return { seen: {}, verdict: erased }
  if (handler.unit === 'request' && isErased !== undefined)
    return decideSafely(handler, withoutErased(item, receipt, isErased), receipt, settings)
  const decided = decideSafely(handler, item, receipt, settings)
  if (isErased === undefined) return decided
  const { messageId, type, timeMs = receipt.receivedAtMs } = decided.seen
  return isErased(personIdsOf(item, receipt.batch), timeMs)
    ? { seen: { messageId, type }, verdict: erased }
    : decided
}

/** A whole request, as its text, without what is older than the erasure of the person it is of. */
function withoutErased(text: unknown, receipt: Receipt, isErased: IsErased): unknown {
  if (typeof text !== 'string') return text
  const isGone: IsGone = (item, _, batch) => {
    const timeMs = isObject(item) ? timeOf(item, receipt) : NaN
    return isErased(personIdsOf(item, batch), Number.isNaN(timeMs) ? receipt.receivedAtMs : timeMs)
  }
  const stripped = eraseItems({ source: 'statsig_sdk', call: '' }, Buffer.from(text), isGone)
  return stripped === undefined ? text : Buffer.from(stripped.body).toString()
}

/** The mapping throws only for our own bugs. Even then the message ends, visibly, and its lane goes on. */
function decideSafely(
  handler: LaneHandler,
  item: unknown,
  receipt: Receipt,
  settings: ConnectionSettings,
): ReturnType<LaneHandler['decide']> {
  try {
    return handler.decide(item, receipt, settings)
  } catch (error) {
    const message = error instanceof Error ? error.message.slice(0, 200) : 'unknown fault'
    return {
      seen: {},
      verdict: { kind: 'rejected', code: 'internal_error', path: '', message, warnings: [] },
    }
  }
}
