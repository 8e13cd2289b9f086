/**
 * What the outside must provide. Adapters live in db/ and clients/; bin/ puts them together. Each port has one
 * conformance suite in test/ that every adapter passes.
 */
import type { AccessStore } from './access-ports.ts'
import type { SetupStores } from './setup-ports.ts'
import type { AlertStore } from './alert-ports.ts'
import type { CatalogueStore } from './catalogue-ports.ts'
import type { AudienceStore } from './audience-ports.ts'
import type { ErasureStore } from './erasure-ports.ts'
import type { IdKind } from './ids.ts'
import type { Ending } from './outcome.ts'
import type { LaneName } from './lanes.ts'
import type { JobStore } from './job-ports.ts'
import type { IdempotencyStore, LiveStore, MetricsStore } from './explorer-ports.ts'
import type { MessageStore, ProcessStore, StatsStore } from './read-ports.ts'
import type { Claimant, OutboundLaneStore, OutboundStore } from './outbound-ports.ts'
import type { RequestSource } from './receipt.ts'
import type { RefusedKey } from './vendor-ports.ts'
import type { RetentionStore } from './retention-ports.ts'
import type { ConnectionSettings } from './settings.ts'

export type * from './outbound-ports.ts'
export type * from './read-ports.ts'
export type * from './vendor-ports.ts'
export type * from './retention-ports.ts'
export type * from './erasure-ports.ts'
export type * from './access-ports.ts'
export type * from './setup-ports.ts'
export type * from './removal-ports.ts'
export type * from './run-ports.ts'
export type * from './audience-ports.ts'
export type * from './job-ports.ts'
export type * from './catalogue-ports.ts'
export type * from './preview-ports.ts'
export type * from './alert-ports.ts'
export type * from './sender-ports.ts'
export type * from './explorer-ports.ts'

export interface Clock {
  /** Epoch milliseconds. */
  nowMs(): number
}

export interface Ids {
  /** A new random id with the prefix of its kind. */
  next(kind: IdKind): string
  /** A new write key: 32 characters, url-safe. */
  writeKey(): string
  /** A new secret: 43 characters, url-safe, 256 bits. */
  secret(): string
}

/** Secrets of a connection, by what they are for. */
export const keyKinds = [
  'statsig.serverKey',
  'statsig.clientKey',
  'statsig.consoleKey',
  'statsig.webhookSecret',
  'segment.writeKey',
  'segment.sharedSecret',
  'segment.apiToken',
] as const
export type KeyKind = (typeof keyKinds)[number]

export type ConnectionStatus = 'new' | 'connecting' | 'active' | 'needs_attention' | 'disconnecting'
export type LaneStatus = 'asleep' | 'running' | 'paused' | 'needs_attention'

export interface LaneState {
  laneId: number
  connectionId: string
  lane: LaneName
  state: LaneStatus
  /** Why it is held or what it waits for; undefined when all is well. */
  reason: string | undefined
  /** The lane's own pause, apart from the connection's. */
  paused: boolean
  /** Entries without an ending. */
  pending: number
  /** When the oldest pending entry was received. */
  oldestPendingAtMs: number | undefined
  /** When a drain last showed life on this lane. */
  touchedAtMs: number
}

export interface Connection {
  id: string
  name: string
  setup: 'manual' | 'oauth' | 'token'
  status: ConnectionStatus
  writeKey: string
  paused: boolean
  settings: ConnectionSettings
  settingsVersion: number
  /** Which secrets are set; their values never leave the store but through `openKey`. */
  keys: KeyKind[]
  createdAtMs: number
  updatedAtMs: number
}

export interface ConnectionChange {
  name?: string
  paused?: boolean
  lanePauses?: Partial<Record<LaneName, boolean>>
  settings?: ConnectionSettings
  /** Ends `needs_attention` of every lane: a person says that what was wrong is right now. */
  retry?: boolean
  /** A value sets or replaces a key, null removes it. */
  keys?: Partial<Record<KeyKind, string | null>>
}

export interface ConnectionStore {
  /** Throws `write_key_in_use` or `key_in_use`. */
  create(input: {
    id: string
    name: string
    setup: Connection['setup']
    writeKey: string
    settings: ConnectionSettings
    keys: Partial<Record<KeyKind, string>>
    nowMs: number
  }): Promise<Connection>
  get(id: string): Promise<Connection | undefined>
  /** Oldest first, after the given id. */
  list(page: { after?: string; limit: number }): Promise<Connection[]>
  /**
   * Applies a change in one transaction. A new key ends `needs_attention` of the lanes that use it; an ended pause
   * puts the lane to sleep. Both are then woken by whoever made the change. A change that builds on what there is
   * comes as a function, which is called in the transaction. Throws `not_found`, `key_in_use`.
   */
  update(
    id: string,
    change: ConnectionChange | ((before: Connection) => ConnectionChange),
    nowMs: number,
  ): Promise<Connection>
  /** The id of the connection whose SDKs use this write key. */
  byWriteKey(writeKey: string): Promise<string | undefined>
  /** Whether a text is this connection's own write key or its Statsig server key; takes as long for a near miss. */
  holdsKey(id: string, candidate: string): Promise<boolean>
  /** The connection whose Statsig server or client key this is. */
  byStatsigKey(key: string): Promise<{ id: string; kind: 'server' | 'client' } | undefined>
  /** The secret itself, for the one moment of use. */
  openKey(id: string, kind: KeyKind): Promise<string | undefined>
  settingsAt(id: string, version: number): Promise<ConnectionSettings | undefined>
  lanes(id: string): Promise<LaneState[]>
}

/** One HTTP request as it was accepted: the body as it came (decompressed), addressed by message later. */
export interface AcceptedRequest {
  connectionId: string
  receivedAtMs: number
  source: RequestSource
  /** The route's call, by which the body is unpacked again. */
  call: string
  callerIp: string | undefined
  body: Uint8Array
  /** Which items of the body go to which lane, in order. `items` undefined: all of them, `count` in number. */
  lanes: { lane: LaneName; items: number[] | undefined; count: number; sole: boolean }[]
}

export interface Inbox {
  /**
   * Resolves when the request is on disk (fsync); concurrent calls share a commit. The body is handed over: it may be
   * gone from the caller's memory afterwards. Answers the lanes that sleep.
   * Throws `store_busy` after 10 s, `store_failed` when the database cannot be written.
   */
  append(request: AcceptedRequest): Promise<{ asleep: LaneName[] }>
}

/** A drain's hold on a lane. Every commit checks `epoch` and `cursor`. */
export interface Lease {
  laneId: number
  connectionId: string
  lane: LaneName
  epoch: number
  /** Position of the last ended entry. */
  cursor: number
}

/** A run of consecutive entries of one request. */
export interface LogRow {
  firstSeq: number
  lastSeq: number
  requestId: number
  items: number[] | undefined
  sole: boolean
  receivedAtMs: number
  source: AcceptedRequest['source']
  call: string
  callerIp: string | undefined
}

/** What a drain says of one entry. Texts are bounded by the mapping. */
export interface EndedEntry {
  seq: number
  sole: boolean
  outcome: Ending
  /** Rule, reason or code, by outcome. */
  reason: string | undefined
  path: string | undefined
  detail: string | undefined
  messageId: string
  type: string | undefined
  event: string | undefined
  userId: string | undefined
  /** Where it is delivered, later entries under this key are known by it: see `seenOnce`. */
  once?: string
}

/** One request to a vendor. `answer` is the vendor's words, cut. */
export interface Attempt {
  firstSeq: number
  lastSeq: number
  atMs: number
  durationMs: number
  entries: number
  status: number | undefined
  code: string
  answer: string | undefined
  settingsVersion: number
}

export interface LaneStore extends OutboundLaneStore {
  /**
   * Takes the next epoch, so that an older drain of the lane can commit nothing more. A paused lane or one that
   * needs attention is not opened: the answer says which, and how far the lane is.
   */
  open(
    connectionId: string,
    lane: LaneName,
    nowMs: number,
  ): Promise<Lease | { held: 'paused' | 'needs_attention'; cursor: number }>
  /** Rows from the cursor on, whole rows until `max` entries are covered; the first may begin before the cursor. */
  read(lease: Lease, max: number): Promise<LogRow[]>
  body(requestId: number): Promise<Uint8Array>
  /** Read again just before each send: whether the lease still holds, and whether delivery is held. */
  check(lease: Lease): Promise<'ours' | 'lost' | 'paused'>
  /**
   * Claims each messageId for its entry, first come first served within and across calls, and answers the positions
   * whose id another entry holds.
   */
  claim(lease: Lease, entries: Claimant[], nowMs: number): Promise<Set<number>>
  /**
   * Ends a contiguous run of entries that begins at the cursor, records its attempts and gives back the claims of
   * rejected ones, all in one transaction; answers the lease with its new cursor. Throws `lane_lost`.
   */
  commit(
    lease: Lease,
    done: { entries: EndedEntry[]; attempts: Attempt[]; settingsVersion: number; nowMs: number },
  ): Promise<Lease>
  /**
   * Attempts that ended nothing: the vendor is down or refuses the key. Sets the lane's reason. `waitMs` is how long
   * the vendor asked to be left alone: silence until then is no stall.
   */
  fail(lease: Lease, attempts: Attempt[], reason: string, waitMs?: number): Promise<void>
  /**
   * Holds the lane until a person acts, and marks the connection. `refused` is the key that it is held for: where another
   * one is set by now, the lane sleeps instead, so that it is woken and tries that.
   */
  hold(
    lease: Lease,
    state: 'paused' | 'needs_attention',
    reason: string | undefined,
    nowMs: number,
    refused?: RefusedKey,
  ): Promise<void>
  /** Puts the lane to sleep if it is empty, in the transaction that saw it so; false when there is more. */
  sleep(lease: Lease): Promise<boolean>
  /** Lanes with work that nobody is doing: asleep with a backlog, or running without a sign of life since then. */
  forsaken(silentSinceMs: number): Promise<{ connectionId: string; lane: LaneName; state: LaneStatus }[]>
  /** Changes whenever another connection has committed; costs microseconds. */
  version(): number
}

export interface Store extends SetupStores {
  connections: ConnectionStore
  inbox: Inbox
  lanes: LaneStore
  messages: MessageStore
  stats: StatsStore
  processes: ProcessStore
  retention: RetentionStore
  erasures: ErasureStore
  catalogue: CatalogueStore
  alerts: AlertStore
  live: LiveStore
  metrics: MetricsStore
  idempotency: IdempotencyStore
  access: AccessStore
  jobs: JobStore
  audiences: AudienceStore
  outbound: OutboundStore
  close(): Promise<void>
}

export interface Log {
  info(fields: Record<string, unknown>, message: string): void
  warn(fields: Record<string, unknown>, message: string): void
  error(fields: Record<string, unknown>, message: string): void
}
