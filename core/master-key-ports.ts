/** The master keys of an installation, as its processes see them. Part of core/setup-ports.ts. No key is in here, only ids. */

/** A rotation of the master key. */
export interface KeyRotation {
  /** Ids of the keys: a hash's beginning, 16 hex digits. */
  from: string
  to: string
  startedAtMs: number
  /** When nothing was sealed by the old key any more; undefined while there is. */
  resealedAtMs: number | undefined
  /** When the old key ceased to open anything. */
  finishedAtMs: number | undefined
}

export interface MasterKeyStore {
  /** Id of the key that this process was started with. */
  ownId: string
  /** Takes up a key that a rotation has brought, so that it is still known here when the rotation is finished. */
  takeUp(): Promise<void>
  /** Keys that stored secrets are sealed by and that this process does not have, with how many secrets each. */
  unknown(): Promise<{ keyId: string; secrets: number }[]>
  /** The newest rotation. */
  rotation(): Promise<KeyRotation | undefined>
}
