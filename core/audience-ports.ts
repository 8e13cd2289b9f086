/** What the store and Statsig's Console API must provide for audiences. Part of core/ports.ts. Zod-free. */
import type { Folded } from './audiences/fold.ts'
import type { AudienceWarning } from './audiences/limits.ts'
import type { Membership } from './audiences/membership.ts'
import type { Rejection } from './outcome.ts'

export type SyncMode = 'changes' | 'full' | 'reconcile'
export type Removals = 'mirror' | 'never'

/** `waiting_approval`: removals wait for a person, all else goes on. `waiting_list`: no list, and none is to be made. */
export type AudienceState =
  'idle' | 'syncing' | 'paused' | 'waiting_approval' | 'waiting_list' | 'needs_attention'

/** What the guard holds back. */
export interface HeldRemovals {
  planned: number
  limit: number
  rule: 'too_many' | 'would_empty'
  message: string
  sinceMs: number
  /** Some of the ids that would go. */
  sample: string[]
}

export interface SyncRun {
  mode: SyncMode
  /** `partial`: some members were refused; they are tried again in the next run. `stopped`: a person is needed. */
  status: 'success' | 'partial' | 'stopped'
  startedAtMs: number
  endedAtMs: number
  added: number
  removed: number
  failed: number
  /** That changed the list; reading is not counted. */
  calls: number
  /** Of a reconcile: what was desired and not on the list, and what was on it and not desired. */
  difference?: { missing: number; extra: number }
}

export interface Audience {
  n: number
  connectionId: string
  key: string
  unit: string
  /** Undefined: the id type that the unit is mapped to. */
  idType: string | undefined
  createList: boolean
  removals: Removals
  computationId: string | undefined
  warnings: AudienceWarning[]
  state: AudienceState
  reason: string | undefined
  listFound: boolean
  desired: number
  applied: number
  addsDue: number
  removesDue: number
  failed: number
  setAside: number
  guard: HeldRemovals | undefined
  approved: number
  requestedMode: SyncMode | undefined
  fullAfter: string | undefined
  /** A call has left and what became of it is not known. */
  inFlight: boolean
  lastRun: SyncRun | undefined
  createdAtMs: number
  updatedAtMs: number
}

/** What was desired and applied when the last run of an hour ended. */
export interface AudienceSize {
  /** The hour's beginning. */
  atMs: number
  desired: number
  applied: number
}

export interface AudienceChange {
  unit?: string
  idType?: string | null
  createList?: boolean
  removals?: Removals
}

export interface MemberRow {
  id: string
  desired: boolean
  applied: boolean
  /** When the newest word on this member was said. */
  atMs: number
  error: string | undefined
  erased: boolean
}

export type MemberState = 'in' | 'out' | 'adding' | 'removing' | 'failed'

/** One membership with its place in the lane. */
export interface PlacedMembership extends Membership {
  seq: number
}

/** What became of one membership; `fault` where its id cannot stand in a list. */
export type FoldedMembership = Folded | Omit<Rejection, 'path'>

/** Which ids a call carries. */
export type DueKind = 'add' | 'remove' | 'erase'

export interface AudienceStore {
  /** By key, after the given one. */
  list(connectionId: string, page: { after?: string; limit: number }): Promise<Audience[]>
  /** Of all connections, after the given number. */
  all(page: { after: number; limit: number }): Promise<Audience[]>
  get(connectionId: string, key: string): Promise<Audience | undefined>
  /** Makes it where it is missing, with these settings. */
  ensure(connectionId: string, key: string, nowMs: number, given?: AudienceChange): Promise<Audience>
  /**
   * Throws `not_found`. Another unit means other ids: what is on the list under the old one is due for removal, with the
   * guard, and the members must be loaded anew.
   */
  change(connectionId: string, key: string, change: AudienceChange, nowMs: number): Promise<Audience>
  /**
   * Folds memberships into their audiences, which are made with their first one; many at a time cost less than few.
   * Answers by position what became of each, and the audiences that have something to sync.
   */
  fold(
    connectionId: string,
    memberships: readonly PlacedMembership[],
    nowMs: number,
  ): Promise<{ folded: FoldedMembership[]; due: string[] }>
  /** Members on whom nothing newer than `beforeMs` was said go out, in steps; ids after `after`. Answers where to go on. */
  expel(
    audience: Audience,
    step: { beforeMs: number; after: string },
  ): Promise<{ expelled: number; next: string | undefined }>
  members(
    audience: Audience,
    query: { state?: MemberState; id?: string; after?: string; limit: number },
  ): Promise<{ rows: MemberRow[]; next: string | undefined }>
  setAside(
    audience: Audience,
    page: { before?: number; limit: number },
  ): Promise<{ n: number; id: string | undefined; code: string; atMs: number }[]>
  /** Asks for a mode at the next run; a stronger one that is asked for already stays. */
  request(connectionId: string, key: string, mode: SyncMode): Promise<void>
  /** The secret in the handshake's URLs: the one that is there, else the candidate. */
  doorSecret(connectionId: string, candidate: string): Promise<string>

  /** Ids to be sent, in order, after the given one. `failed`: those that were refused last time, or those that were not. */
  due(
    audience: Audience,
    kind: DueKind,
    page: { after: string; limit: number; failed: boolean },
  ): Promise<string[]>
  /** How many are due, erased ones apart. */
  dueCounts(audience: Audience): Promise<{ add: number; remove: number; erase: number }>
  /** Ids that are to be on the list, in order, after the given one. */
  desiredIds(audience: Audience, page: { after: string; limit: number }): Promise<string[]>
  /** Statsig has taken a call: in short transactions the ids count as applied, and the guard's history grows. */
  markSent(audience: Audience, kind: DueKind, ids: readonly string[], nowMs: number): Promise<void>
  markRefused(audience: Audience, ids: readonly string[], error: string): Promise<void>
  /** The list was made anew, or is gone: nothing is applied. */
  forgetApplied(audience: Audience): Promise<void>
  /** Ids of a page of the list that the ledger does not have are put into it, as applied and not desired. */
  adopt(audience: Audience, ids: readonly string[], nowMs: number): Promise<number>
  /** Ledger rows in order of their ids, for the comparison. */
  ledger(
    audience: Audience,
    page: { after: string; limit: number },
  ): Promise<{ id: string; desired: boolean; applied: boolean }[]>
  /** Sets what is applied as it was found. */
  correctApplied(audience: Audience, ids: readonly string[], applied: boolean): Promise<void>
  /** Removals sent and the highest count since then. */
  removalHistory(audience: Audience, sinceMs: number): Promise<{ sent: number; appliedMax: number }>
  record(audience: Audience, found: SyncRecord, nowMs: number): Promise<void>
  /** Sizes by the hour, oldest first, of hours in which a run ended; at most 90 days. */
  sizes(audience: Audience, sinceMs: number): Promise<AudienceSize[]>
  /** A person's word on the removals that wait. Throws `nothing_held`. Answers how many it concerns. */
  decide(connectionId: string, key: string, verdict: 'approve' | 'reject', nowMs: number): Promise<number>
  /** All lists of all projects that we fill under this connection, together. */
  appliedOf(connectionId: string): Promise<number>
  /**
   * Ids of an erased person go off every list of the connection, past the guard, and out of the ledger when they are
   * off. Answers the keys of the audiences that have something to sync now: wake their syncs.
   */
  eraseUnit(connectionId: string, ids: readonly string[], nowMs: number): Promise<string[]>
  /** Takes one call of the shared budget, or says how long to wait for one. */
  takeCall(key: string, nowMs: number): Promise<CallBudget>
}

export type CallBudget =
  { granted: true; used: number[] } | { granted: false; waitMs: number; used: number[] }

/** What a sync writes beside the members. */
export interface SyncRecord {
  state?: AudienceState
  reason?: string | null
  guard?: HeldRemovals | null
  listFound?: boolean
  /** Null when the push is done. */
  fullAfter?: string | null
  inFlight?: boolean
  /** The mode that was asked for has been done. */
  doneMode?: SyncMode
  lastRun?: SyncRun
  /** Warnings of these codes are replaced by the given ones. */
  warnings?: { codes: AudienceWarning['code'][]; warnings: AudienceWarning[] }
}

/** The syncs of audiences, one long-lived run each. All fail within seconds with `temporal_unavailable`. */
export interface AudienceSyncs {
  /** There is something to sync; it begins when changes have paused. */
  changed(connectionId: string, key: string): Promise<void>
  /** The sync begins at once. */
  now(connectionId: string, key: string): Promise<void>
  /** A person's word on removals that wait. Throws `nothing_held`. Answers how many it concerns. */
  decide(connectionId: string, key: string, verdict: 'approve' | 'reject'): Promise<number>
}

/** A list at Statsig. */
export interface StatsigSegment {
  id: string
  type: string
  idType: string
  count: number
}

/**
 * ID lists through Statsig's Console API. Faults are `BridgeError`s: `statsig.console_key_refused`,
 * `statsig.rate_limited`, `statsig.unavailable` (409 included), `statsig.list_gone` (404), `statsig.list_refused`
 * (other 4xx), `statsig.list_too_large` (413).
 */
export interface StatsigSegments {
  get(key: string, id: string, signal: AbortSignal): Promise<StatsigSegment | undefined>
  create(
    key: string,
    segment: { id: string; idType: string; description: string },
    signal: AbortSignal,
  ): Promise<void>
  addIds(key: string, id: string, ids: readonly string[], signal: AbortSignal): Promise<void>
  removeIds(key: string, id: string, ids: readonly string[], signal: AbortSignal): Promise<void>
  /** Pages from 1. */
  readIds(
    key: string,
    id: string,
    page: number,
    signal: AbortSignal,
  ): Promise<{ ids: string[]; isLast: boolean }>
  isUpdating(key: string, id: string, signal: AbortSignal): Promise<boolean>
  /** Ids of all ID lists of the project. */
  projectIds(key: string, signal: AbortSignal): Promise<number>
}
