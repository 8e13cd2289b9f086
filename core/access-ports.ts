/** Keys of the control plane, the console's sessions, and the record of every change. Part of core/ports.ts. */
import type { Role } from './access.ts'

/** A key without its secret, of which only the hash is kept. */
export interface ApiKey {
  id: string
  name: string
  role: Role
  createdAtMs: number
  /** To the minute; undefined: never. */
  lastUsedAtMs: number | undefined
  revokedAtMs: number | undefined
}

/** Who made a change: the bearer of a key, or a workflow of ours. */
export type Actor = { kind: 'key'; id: string; name: string; role: Role } | { kind: 'system'; name: string }

export interface AuditTarget {
  kind: string
  id: string | undefined
}

/** One change. `before` and `after` are plain JSON without secrets; undefined where there was nothing to tell. */
export interface AuditEntry {
  n: number
  atMs: number
  actor: Actor
  /** `PATCH /connections/{id}`, or what a workflow did, in words of its own: `segment.destination_created`. */
  action: string
  target: AuditTarget
  before: unknown
  after: unknown
  /** HTTP status; undefined: a change that was begun and of whose end nothing is known, or a workflow's. */
  status: number | undefined
}

export interface AccessStore {
  /** `hash` is `hashKey` of the secret. */
  createKey(key: { id: string; name: string; role: Role; hash: string; nowMs: number }): Promise<ApiKey>
  /** Oldest first, revoked ones too: the record names them. */
  keys(): Promise<ApiKey[]>
  /** The valid key of a hash. */
  keyByHash(hash: string): Promise<ApiKey | undefined>
  /** Ends a key and its sessions; a second call changes nothing. Throws `not_found`. */
  revokeKey(id: string, nowMs: number): Promise<ApiKey>
  /** Notes that a key was used. */
  touchKey(id: string, nowMs: number): Promise<void>
  /** A session of a key's bearer, under the hash of what the cookie holds. Those that are over are removed. */
  openSession(session: { hash: string; keyHash: string; nowMs: number; expiresAtMs: number }): Promise<void>
  /** The hash of the key whose bearer opened the session, unless it is over. */
  session(hash: string, nowMs: number): Promise<{ keyHash: string; expiresAtMs: number } | undefined>
  closeSession(hash: string): Promise<void>
  /**
   * Records a change before it is made, so that none goes unrecorded; answers its number. At most 100,000 entries are
   * kept, each of them bounded.
   */
  beginAudit(entry: Omit<AuditEntry, 'n' | 'after' | 'status'>): Promise<number>
  /** Tells how it ended. What was refused changed nothing and is taken back with `status` undefined. */
  endAudit(
    n: number,
    end: { status: number; after: unknown; target?: AuditTarget } | undefined,
  ): Promise<void>
  /** Records a change that is made, in one step. */
  audit(entry: Omit<AuditEntry, 'n'>): Promise<void>
  /** Newest first, from below `before`. */
  auditPage(query: { before?: number; targetId?: string; limit: number }): Promise<AuditEntry[]>
}
