/**
 * The one ending that every entry of a lane comes to. What a person reads in the API, the counters and the
 * console is made of these words and no others.
 */

/** `pending` until the drain has ended the entry; the other four are endings. */
export type Outcome = 'pending' | 'delivered' | 'filtered' | 'skipped' | 'rejected'
export type Ending = Exclude<Outcome, 'pending'>

/** In the order in which a funnel is read, and in which the store numbers them. */
export const outcomes = [
  'pending',
  'delivered',
  'filtered',
  'skipped',
  'rejected',
] as const satisfies Outcome[]

export type SkipReason =
  | 'duplicate'
  | 'too_old'
  | 'type_off'
  | 'identify_without_audience'
  | 'internal'
  | 'stale_membership'
  | 'erased'

/** Something odd that did not stop the message: shown in the trace, never an outcome. */
export interface Warning {
  /** Stable, snake_case: `id_not_text`, `pair_skipped`, `metadata_cut`, … */
  code: string
  /** Where in the message as received, dotted: `properties.statsigCustomIDs[2]`. */
  path: string
  message: string
}

/** Why a message cannot be delivered as it is. `path` points into the message as received. */
export interface Rejection {
  code: string
  path: string
  message: string
}

/** What the pure mapping says of one message. `T` is the event as the vendor takes it. */
export type Verdict<T> =
  | { kind: 'mapped'; event: T; warnings: Warning[] }
  | { kind: 'filtered'; rule: string; warnings: Warning[] }
  | { kind: 'skipped'; reason: SkipReason; warnings: Warning[] }
  | ({ kind: 'rejected'; warnings: Warning[] } & Rejection)
