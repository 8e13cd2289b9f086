/** What the way back asks of the Store besides what every lane does. Part of core/ports.ts. */
import type { Lease } from './ports.ts'

/** An entry about to be sent. */
export interface Claimant {
  seq: number
  messageId: string
  /** By which the repetition of a forwarded request is known; when it is claimed, where that is not said. */
  receivedAtMs?: number
}

export interface OutboundLaneStore {
  /** Which of these keys an entry of the connection was delivered under. They are forgotten after 90 days. */
  seenOnce(lease: Lease, keys: string[]): Promise<string[]>
  /** Which of these messageIds entries of the connection were sent to Segment under, or are about to be. */
  sentToSegment(lease: Lease, messageIds: string[]): Promise<string[]>
  /** Lets a lane with a backlog rest: it looks as if it ran until then, so that nobody wakes it. Throws `lane_lost`. */
  rest(lease: Lease, untilMs: number, reason: string): Promise<void>
}

export interface OutboundStore {
  /** Requests of Statsig's webhook by the hour of the epoch, hours without any left out; by connection, oldest first. */
  webhookHours(sinceMs: number): Promise<{ connectionId: string; hour: number; requests: number }[]>
  /** Forgets old hours, first exposures of more than 90 days ago, and the oldest where they are too many. Hands out numbers of rows. */
  purge(nowMs: number): AsyncIterable<number>
}
