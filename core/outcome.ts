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

/** The words beside an outcome. Each is produced by test/e2e/outcomes.test.ts: whoever adds one adds a case there. */
export const skipReasons = [
  'duplicate',
  'too_old',
  'type_off',
  'identify_without_audience',
  'internal',
  'stale_membership',
  'erased',
] as const
export type SkipReason = (typeof skipReasons)[number]

/** What holds a sound message back, besides `rule:<n>`: the sender, the loop guard, the filters' default and switches. */
export const filterReasons = [
  'integrations',
  'loop',
  'default',
  'exposures',
  'configChanges',
  'first_exposure',
] as const
/** `rule:<n>` is `rules[<n>]` of the direction's filters, counted from 0. */
export type FilterReason = (typeof filterReasons)[number] | `rule:${number}`

export const rejectionCodes = [
  // What is no message, or not one that can be read.
  'not_an_object',
  'not_json',
  'properties_not_object',
  'traits_not_object',
  'unknown_type',
  'no_event_name',
  'no_id',
  'invalid_time',
  'time_in_future',
  'too_deep',
  'too_large',
  // What is no membership of an audience, or whose id cannot stand in a list.
  'not_an_audience',
  'audience_key_too_long',
  'membership_missing',
  'membership_not_boolean',
  'no_unit_id',
  'id_line_break',
  'id_unclean',
  'id_too_long',
  // What the vendor said.
  'vendor_refused',
  'vendor_too_large',
  // Our own fault: the message ends all the same, and its lane goes on.
  'internal_error',
] as const
export type RejectionCode = (typeof rejectionCodes)[number]

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
  code: RejectionCode
  path: string
  message: string
}

/** What the pure mapping says of one message. `T` is the event as the vendor takes it. */
export type Verdict<T> =
  | { kind: 'mapped'; event: T; warnings: Warning[] }
  | { kind: 'filtered'; rule: FilterReason; warnings: Warning[] }
  | { kind: 'skipped'; reason: SkipReason; warnings: Warning[] }
  | ({ kind: 'rejected'; warnings: Warning[] } & Rejection)
