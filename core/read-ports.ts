/** The reading half of the Store: what the explorer and the funnel ask for. Part of core/ports.ts. */
import type { LaneName } from './lanes.ts'
import type { Outcome } from './outcome.ts'
import type { Attempt, LaneState, LogRow } from './ports.ts'

/** One entry as the API lists it. */
export interface Entry {
  id: string
  connectionId: string
  lane: LaneName
  /** The door that it came through, or `replay:<id>` where a replay read it from an archive; undefined once that is purged. */
  source: string | undefined
  messageId: string | undefined
  outcome: Outcome
  reason: string | undefined
  path: string | undefined
  detail: string | undefined
  type: string | undefined
  event: string | undefined
  userId: string | undefined
  receivedAtMs: number
  endedAtMs: number | undefined
  settingsVersion: number | undefined
}

/** An entry with what is needed to show its whole story. */
export interface EntryStory extends Entry {
  row: LogRow
  item: number
  body: Uint8Array | undefined
  attempts: Attempt[]
  /** Entries of the same message in other lanes. */
  related: string[]
}

export interface MessageQuery {
  lane?: LaneName
  outcome?: Outcome
  event?: string
  userId?: string
  messageId?: string
  sinceMs?: number
  untilMs?: number
}

export interface MessageStore {
  /** Newest first. `cut` says that the bounded scan ended before the store did. */
  list(
    connectionId: string,
    query: MessageQuery,
    page: { after?: string; limit: number },
  ): Promise<{ entries: Entry[]; next: string | undefined; cut: boolean }>
  get(id: string): Promise<EntryStory | undefined>
}

export interface Totals {
  accepted: number
  delivered: number
  filtered: number
  skipped: number
  rejected: number
  pending: number
}

export interface LaneStats {
  lane: LaneName
  totals: Totals
  /** Of those, entries whose message is in no other lane. */
  sole: Totals
  oldestPendingAtMs: number | undefined
  /** One point a step that saw anything, oldest first. */
  series: ({ atMs: number } & Omit<Totals, 'pending'>)[]
  /** Of those, what was of messages that are in no other lane. */
  soleSeries: ({ atMs: number } & Omit<Totals, 'pending'>)[]
}

export interface StatsStore {
  /** One snapshot: `accepted` equals the sum of the outcomes. `sinceMs` is rounded down to a whole step. */
  read(connectionId: string, range: { sinceMs: number; stepMs: number }): Promise<LaneStats[]>
}

/** Signs of life of our own processes, for readiness. */
export interface ProcessStore {
  beat(name: string, nowMs: number): Promise<void>
  list(): Promise<{ name: string; atMs: number }[]>
  /** Throws when the store cannot be written. */
  probe(nowMs: number): Promise<void>
  allLanes(): Promise<LaneState[]>
}
