/** How long history is kept, and what keeping it costs: the removing half of the Store. Part of core/ports.ts. */

export interface RetentionSettings {
  /** Days that ended history is kept; undefined where nobody chose: the configured ones. */
  days: number | undefined
  /** How large the database may grow before the oldest ended history goes; undefined: no limit. */
  maxBytes: number | undefined
}

export interface Holdings {
  requests: number
  /** Sum of the bodies as they came, decompressed. */
  bodiesBytes: number
  /** Size of the database file, without its write-ahead log. */
  databaseBytes: number
  /** Of that, what is in use; the rest is reused by what comes next. */
  usedBytes: number
  /** When the oldest request that is held was received. */
  oldestAtMs: number | undefined
}

/** What one step of a purge removed. */
export interface Removed {
  requests: number
  entries: number
  /** Of bodies. */
  bytes: number
}

/**
 * Each step of an iteration is a short transaction of its own, and is done when it is handed out: whoever breaks off
 * keeps what was done, and whoever begins again goes on from there. The consumer paces: between steps the store is free.
 */
export interface RetentionStore {
  settings(): Promise<RetentionSettings>
  change(settings: RetentionSettings, nowMs: number): Promise<void>
  /** Costs microseconds, however much is held. */
  holdings(): Promise<Holdings>
  /**
   * Removes what ended before a moment: entries, their attempts, their place in the log, and each body that no entry
   * of any lane needs any more. Oldest first, to the hour. What is pending, or pending again, is never touched.
   */
  purgeEnded(endedBeforeMs: number): AsyncIterable<Removed>
  /** Removes claims taken before the day of a moment; looks through all of them once a day. Hands out numbers of claims. */
  purgeClaims(takenBeforeMs: number): AsyncIterable<number>
  /** Makes counts by the hour of those by the minute; every sum stays what it was. Hands out numbers of rows. */
  rollUpMinutes(beforeMs: number): AsyncIterable<number>
  /** Removes counts by the minute; the totals stay. Hands out numbers of rows. */
  purgeMinutes(beforeMs: number): AsyncIterable<number>
  /** Removes what is known of calls with an Idempotency-Key. Hands out numbers of calls. */
  purgeCalls(startedBeforeMs: number): AsyncIterable<number>
  /** Gives unused pages back to the file system, but for a reserve. Hands out numbers of bytes. */
  shrink(): AsyncIterable<number>
}
