/**
 * What differs between lanes: how a message becomes an event of the other side, and who takes it. All else is the
 * one drain. A new direction is one more handler in the list of `bin/run-worker.ts`.
 */
import type { ErrorCode } from '../core/errors.ts'
import type { LaneName } from '../core/lanes.ts'
import type { FilterReason, RejectionCode, SkipReason, Verdict } from '../core/outcome.ts'
import type { KeyKind, VendorAnswer } from '../core/ports.ts'
import type { Receipt } from '../core/receipt.ts'
import type { ConnectionSettings } from '../core/settings.ts'
import type { Experiments } from '../core/statsig-to-segment/experiments.ts'

/** What the explorer shows of a message, as far as it could be read. */
export interface Seen {
  messageId?: string | undefined
  type?: string | undefined
  event?: string | undefined
  userId?: string | undefined
  /** When it happened, epoch ms. */
  timeMs?: number | undefined
}

/** The secret that a handler's `send` needs. */
export interface LaneKey {
  kind: KeyKind
  /** As a person reads it: `server key`. */
  name: string
  /** Undefined when the connection has none yet. */
  open(connectionId: string): Promise<string | undefined>
}

/** Who takes the events, in the words of reasons and errors. */
export interface LaneVendor {
  name: string
  unavailable: ErrorCode
  rateLimited: ErrorCode
}

/** One entry that was mapped and is to be sent. */
export interface SentEntry {
  seq: number
  messageId: string
  event: string
}

export interface SentBatch {
  connectionId: string
  lane: LaneName
  /** Undefined where the handler needs none. */
  key: string | undefined
  entries: SentEntry[]
}

/** How one entry of a batch ended otherwise than `delivered`. */
export type EntryEnding = { path?: string; detail?: string } & (
  | { outcome: 'filtered'; reason: FilterReason }
  | { outcome: 'skipped'; reason: SkipReason }
  | { outcome: 'rejected'; reason: RejectionCode }
)

/** The batch is taken and no vendor was asked, so no attempt is recorded. Entries that are not named are `delivered`. */
export interface Taken {
  endings: ReadonlyMap<number, EntryEnding>
}

export interface LaneHandler {
  /** Pure. The event is JSON text: it is made once, measured and sent as it is. */
  decide(
    item: unknown,
    receipt: Receipt,
    settings: ConnectionSettings,
  ): {
    seen: Seen
    verdict: Verdict<string>
    /** Only the first entry that is delivered under this key goes out. */
    once?: string
    /** It says that it was made by the other direction: it is a loop where its id is one that we sent. */
    mayBeEcho?: boolean
  }
  /** Entries are whole requests, handed out as their text, and not the messages in them. */
  unit?: 'request'
  /** The most that one request takes. */
  limits: { entriesMax: number; bytesMax: number }
  /** How long a request that is not full waits for more while entries keep coming; absent: not at all. */
  fillMs?: number
  /** When an entry may leave, epoch ms, by its receipt; absent: at once. */
  releaseAtMs?: (receivedAtMs: number, settings: ConnectionSettings) => number
  /** The settings as this lane reads them, by whether its key is set. A direction that is off needs none. */
  adjust?: (settings: ConnectionSettings, hasKey: boolean) => { settings: ConnectionSettings; isOff: boolean }
  /** What the project of the connection knows of its experiments, for the receipts that `decide` is given. */
  experiments?: (connectionId: string) => Promise<Experiments | undefined>
  vendor: LaneVendor
  /** Absent where nothing is needed to deliver. */
  key?: LaneKey
  send(batch: SentBatch, signal: AbortSignal): Promise<VendorAnswer | Taken>
}
