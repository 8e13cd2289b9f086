/** Sending one event by hand, as the event tester does: what the live lanes send by, without a lane. Part of core/ports.ts. */
import type { Destination } from './lanes.ts'
import type { KeyKind } from './ports.ts'
import type { VendorAnswer } from './vendor-ports.ts'

export interface EventSender {
  /** The secret of the connection that it needs. */
  keyKind: KeyKind
  /** Never throws but on abort. `eventsJson` as the lane's handler sends them. */
  send(key: string, eventsJson: string[], signal: AbortSignal): Promise<VendorAnswer>
}

/** By the side that a lane delivers to; a side without a sender cannot be tried. */
export type EventSenders = Partial<Record<Destination, EventSender>>
