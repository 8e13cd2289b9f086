/** What the live stream, the metrics and repeated calls need of the Store. Part of core/ports.ts. */
import type { LaneName } from './lanes.ts'
import type { LaneState } from './ports.ts'
import type { Entry } from './read-ports.ts'
import type { Counts } from './totals.ts'

/** How far a lane has come. */
export interface LanePlace {
  laneId: number
  lane: LaneName
  /** The position of its newest ended entry. */
  cursor: number
}

export interface LiveStore {
  /** Changes whenever another connection to the database has committed; costs microseconds. */
  version(): number
  places(connectionId: string): Promise<LanePlace[]>
  /** Ended entries behind `after` up to and with `upTo`, lowest position first, at most `limit`. */
  ended(place: LanePlace, after: number, upTo: number, limit: number): Promise<Entry[]>
}

/** Upper bounds, in ms, of the durations of attempts that are counted. */
export const attemptBoundsMs = [50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000] as const

export interface AttemptCounts {
  /** `2xx` … `5xx`, or `none` where no answer came. */
  status: string
  attempts: number
  durationMs: number
  /** For each of `attemptBoundsMs`, how many took no longer; each one counts those of the bounds below it too. */
  within: number[]
}

export interface LaneMetrics extends LaneState {
  counts: Counts
  attempts: AttemptCounts[]
}

export interface MetricsStore {
  /** All lanes of all connections, in one snapshot. */
  read(): Promise<LaneMetrics[]>
}

export interface StoredAnswer {
  status: number
  contentType: string
  body: string
}

export type Begun =
  { is: 'new' } | { is: 'running' } | { is: 'reused' } | { is: 'answered'; answer: StoredAnswer }

/** Calls that carry an Idempotency-Key. `hash` stands for the caller, the route and the key. */
export interface IdempotencyStore {
  /**
   * Takes the call, or says what became of the one that took it before: it runs, has been answered, or had another body
   * (`reused`). What began before `keptSinceMs`, and what has been running since `lostSinceMs`, counts as not there.
   */
  begin(call: {
    hash: Uint8Array
    bodyHash: Uint8Array
    nowMs: number
    keptSinceMs: number
    lostSinceMs: number
  }): Promise<Begun>
  /** Keeps the answer, sealed. */
  finish(hash: Uint8Array, answer: StoredAnswer): Promise<void>
  /** The call came to nothing: the next one with its key runs. */
  forget(hash: Uint8Array): Promise<void>
}
