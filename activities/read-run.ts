/** Reads the next run of a lane and decides each message. Bodies are parsed once, however many runs they span. */
import { isErasedItem, personIdsOf, type PersonId } from '../core/erasure.ts'
import { madeMessageId } from '../core/ids.ts'
import type { Verdict } from '../core/outcome.ts'
import type { LaneStore, LogRow } from '../core/ports.ts'
import type { Receipt } from '../core/receipt.ts'
import type { ConnectionSettings } from '../core/settings.ts'
import { receiptOf, unpackForLane } from '../core/stored-request.ts'
import type { LaneHandler, Seen } from './lane-handler.ts'

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
}

/** Whether a message with these ids, of this time, is of a person who was erased since. */
export type IsErased = (ids: PersonId[], timeMs: number) => boolean

/**
 * Of bodies that one run opens. What a message says may be as large as its body, and all of a run is held at once: a
 * thousand requests of 16 MB must not be.
 */
const runBytesMax = 8 * 1024 * 1024

/** `ageAtMs`: when age is taken, where that is not at receipt. */
export function createRunReader(lanes: LaneStore, handler: LaneHandler, ageAtMs?: number) {
  // A request of thousands of messages spans several runs; smaller ones are read once and dropped.
  let open: OpenRequest | undefined

  async function openRequest(row: LogRow): Promise<OpenRequest> {
    if (open?.requestId === row.requestId) return open
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
    isErased?: IsErased,
  ): Promise<Decided[]> {
    const run: Decided[] = []
    let bytes = 0
    let last: OpenRequest | undefined
    for (const row of rows) {
      if (bytes > runBytesMax) break
      const opened = await openRequest(row)
      const { items, receipt } = opened
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
        } = decideLawfully(handler, items[item], receipt, settings, isErased)
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
  const decided = decideSafely(handler, item, receipt, settings)
  if (isErased === undefined) return decided
  const { messageId, type, timeMs = receipt.receivedAtMs } = decided.seen
  return isErased(personIdsOf(item), timeMs) ? { seen: { messageId, type }, verdict: erased } : decided
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
