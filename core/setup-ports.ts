/** What set-up keeps, and what it needs of Segment. Part of core/ports.ts; adapters are in db/ and clients/. */
import type { MasterKeyStore } from './master-key-ports.ts'
import type { RemovalStore } from './removal-ports.ts'
import type { SetupChoice, SetupKind, SetupStep } from './setup.ts'

export type * from './master-key-ports.ts'

export interface Setup {
  id: string
  connectionId: string
  kind: SetupKind
  step: SetupStep
  choices: SetupChoice[] | undefined
  /** What a manual set-up still waits for: `statsig.serverKey`, `first_message` … */
  missing: SetupMissing[] | undefined
  expiresAtMs: number | undefined
  error: { code: string; text: string } | undefined
  /** Whether consent has come back and waits to be exchanged. */
  hasConsent: boolean
  createdAtMs: number
  updatedAtMs: number
  endedAtMs: number | undefined
}

export interface SetupMissing {
  what: string
  /** One sentence for a person. */
  says: string
}

export interface SetupStore {
  /**
   * Begins a set-up and sets the connection `connecting`; where one is open already, answers that one and changes
   * nothing. `authorization` is sealed. Throws `not_found`, `disconnecting`.
   */
  begin(setup: {
    id: string
    connectionId: string
    kind: SetupKind
    authorization?: { state: string; verifier: string; url: string }
    expiresAtMs: number
    nowMs: number
  }): Promise<Setup>
  get(id: string): Promise<Setup | undefined>
  /** The newest of a connection, open or not. */
  newest(connectionId: string): Promise<Setup | undefined>
  /** Where a person allows it, while that is waited for. */
  authorizeUrl(id: string): Promise<string | undefined>
  /**
   * Takes what came back under a state, once: a second call with the same state finds nothing, nor does one for a
   * set-up that does not wait for it. Without a code, consent was refused.
   */
  takeConsent(state: string, code: string | undefined, nowMs: number): Promise<Setup | undefined>
  /** The code and its verifier, and whether the code has been sent before; notes that it is sent now. */
  sendConsent(
    id: string,
    nowMs: number,
  ): Promise<{ code: string; verifier: string; sentBefore: boolean } | undefined>
  /** Writes where a set-up is; an end refreshes the connection's status and forgets what was sealed. */
  record(
    id: string,
    at: {
      step: SetupStep
      expiresAtMs?: number | undefined
      choices?: SetupChoice[]
      missing?: SetupMissing[]
      error?: { code: string; text: string } | undefined
    },
    nowMs: number,
  ): Promise<void>
  /** Notes that a destination is about to be made for a source. */
  planDestination(plan: {
    connectionId: string
    sourceId: string
    setupId: string
    nowMs: number
  }): Promise<void>
  madeDestination(connectionId: string, sourceId: string, destinationId: string): Promise<void>
  destinations(
    connectionId: string,
  ): Promise<{ sourceId: string; setupId: string; destinationId: string | undefined }[]>
  forgetDestination(connectionId: string, sourceId: string): Promise<void>
  /** Whether a webhook of Segment's has delivered anything since then, among the newest requests. */
  webhookSeen(connectionId: string, sinceMs: number): Promise<boolean>
}

/** What Segment's token endpoint answered. */
export interface SegmentTokens {
  accessToken: string
  refreshToken: string | undefined
  expiresAtMs: number | undefined
  /** Sources that the person chose on the consent page, by id or slug; undefined where the answer names none. */
  sources: string[] | undefined
}

export interface Grant {
  connectionId: string
  accessToken: string
  refreshToken: string | undefined
  expiresAtMs: number | undefined
  sources: string[] | undefined
  refreshedAtMs: number
  /** A refresh was sent and its answer never kept. */
  isRefreshOpen: boolean
  deadReason: string | undefined
}

export interface GrantStore {
  /** Keeps the first tokens of a consent. */
  put(connectionId: string, tokens: SegmentTokens, nowMs: number): Promise<void>
  get(connectionId: string): Promise<Grant | undefined>
  /** What may be told of a grant: nothing sealed is opened. */
  outline(
    connectionId: string,
  ): Promise<(Omit<Grant, 'accessToken' | 'refreshToken'> & { canRefresh: boolean }) | undefined>
  /** Ids of the connections that hold a grant. */
  list(): Promise<string[]>
  /** Takes the right to refresh, unless another holds it; one process at a time, across all of them. */
  lease(connectionId: string, leaseId: string, nowMs: number, untilMs: number): Promise<boolean>
  /** Keeps what a refresh brought, and ends the lease; false where the lease was lost: nothing is kept then. */
  renew(connectionId: string, leaseId: string, tokens: SegmentTokens, nowMs: number): Promise<boolean>
  /** Ends the lease without new tokens. `isAnswered`: no answer is outstanding. */
  release(
    connectionId: string,
    leaseId: string,
    end: { isAnswered: boolean; deadReason?: string },
  ): Promise<void>
  remove(connectionId: string): Promise<void>
}

export interface SetupStores {
  setups: SetupStore
  grants: GrantStore
  removal: RemovalStore
  masterKeys: MasterKeyStore
}

/** OAuth towards Segment. Throws `segment.code_refused`, `segment.client_refused`, `segment.unavailable`, `segment.rate_limited`. */
export interface SegmentOauth {
  authorizeUrl(ask: { state: string; verifier: string; redirectUri: string }): Promise<string>
  exchange(given: { code: string; verifier: string; redirectUri: string }): Promise<SegmentTokens>
  refresh(refreshToken: string): Promise<SegmentTokens>
}

export interface SegmentSource {
  id: string
  name: string
  slug: string
  workspaceId: string
  /** What SDKs of this source send; a public text. */
  writeKey: string | undefined
}

/**
 * Segment's Public API, as far as set-up needs it. Throws `segment.token_refused` (401), `segment.forbidden` (403),
 * `segment.rate_limited`, `segment.unavailable`, `segment.refused` (any other refusal, with Segment's words).
 */
export interface SegmentApi {
  workspace(token: string): Promise<{ id: string; name: string }>
  sources(token: string): Promise<SegmentSource[]>
  /** Destinations of a source with this name. */
  destinationsNamed(token: string, sourceId: string, name: string): Promise<string[]>
  createDestination(
    token: string,
    made: { sourceId: string; name: string; sharedSecret: string },
  ): Promise<string>
  /** Makes the one subscription of a destination, unless it has one of this name. */
  subscribe(
    token: string,
    destinationId: string,
    to: { name: string; url: string; headers: Record<string, string>; trigger: string },
  ): Promise<void>
  /** One that is gone already is removed. */
  removeDestination(token: string, destinationId: string): Promise<void>
  /** Sends a test event under a source's write key, by the tracking API. */
  sendTest(writeKey: string, messageId: string): Promise<void>
}

/** What a live look at a key found. `unknown`: the vendor does not answer, or does not say. */
export type KeyCheck = 'alive' | 'refused' | 'unknown'

export interface StatsigKeys {
  server(key: string): Promise<KeyCheck>
  console(key: string): Promise<KeyCheck>
  /** Whether a server key is of the console key's project; undefined where the console key may not see the keys. */
  isOfProject(serverKey: string, consoleKey: string): Promise<boolean | undefined>
}
