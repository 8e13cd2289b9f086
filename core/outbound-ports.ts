/** What the way back asks of the Store besides what every lane does. Part of core/ports.ts. */
import type { Lease } from './ports.ts'

/** An entry about to be sent. */
export interface Claimant {
  seq: number
  messageId: string
  receivedAtMs: number
}

export interface OutboundLaneStore {
  /** Which of these keys an entry of the connection was delivered under. They are forgotten after 90 days. */
  seenOnce(lease: Lease, keys: string[]): Promise<string[]>
  /** Lets a lane with a backlog rest: it looks as if it ran until then, so that nobody wakes it. Throws `lane_lost`. */
  rest(lease: Lease, untilMs: number, reason: string): Promise<void>
}

/** Forgetting what only the way back needs. */
export interface OutboundRetention {
  /** Removes at most `limit` first exposures from before `day`, or the oldest of those that are too many; answers how many. */
  forgetExposures(beforeDay: number, limit: number): Promise<number>
}
