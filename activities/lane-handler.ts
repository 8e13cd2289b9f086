/**
 * What differs between lanes: how a message becomes an event of the other side, and who takes it. All else is the
 * one drain. A new direction is one more handler in the list of `activities/index.ts`.
 */
import type { Verdict } from '../core/outcome.ts'
import type { KeyKind, VendorAnswer } from '../core/ports.ts'
import type { Receipt } from '../core/receipt.ts'
import type { ConnectionSettings } from '../core/settings.ts'

/** What the explorer shows of a message, as far as it could be read. */
export interface Seen {
  messageId?: string | undefined
  type?: string | undefined
  event?: string | undefined
  userId?: string | undefined
  /** When it happened, epoch ms. */
  timeMs?: number | undefined
}

export interface LaneHandler {
  /** Pure. The event is JSON text: it is made once, measured and sent as it is. */
  decide(
    item: unknown,
    receipt: Receipt,
    settings: ConnectionSettings,
  ): { seen: Seen; verdict: Verdict<string> }
  /** The most that one request takes. */
  limits: { entriesMax: number; bytesMax: number }
  /** The secret that `send` needs; undefined when the connection has none yet. */
  keyKind: KeyKind
  openKey(connectionId: string): Promise<string | undefined>
  send(key: string, events: string[], signal: AbortSignal): Promise<VendorAnswer>
}
