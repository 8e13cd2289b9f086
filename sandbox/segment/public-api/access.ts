// Who may call the Public API: the workspace's own token, or one that was granted by OAuth.

/** What a token may do. */
export interface Access {
  /** False for a token that may only read. */
  canWrite: boolean
  /** The sources that it may touch; undefined for all of them. */
  sourceIds: readonly string[] | undefined
}

/** What an OAuth access token grants; undefined when it is unknown, expired or revoked. */
export type GrantedAccess = (token: string) => Access | undefined

/**
 * `sandbox-token` and what begins with it, but for tokens that contain `revoked`; one that contains `readonly` may not
 * write. Anything else must have been granted.
 */
export function accessOf(token: string | undefined, granted: GrantedAccess): Access | undefined {
  if (token === undefined || token.includes('revoked')) return undefined
  if (!token.startsWith('sandbox-token')) return granted(token)
  return { canWrite: !token.includes('readonly'), sourceIds: undefined }
}

export const mayTouch = ({ sourceIds }: Access, sourceId: string): boolean =>
  sourceIds === undefined || sourceIds.includes(sourceId)
