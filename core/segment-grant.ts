/** How long what Segment granted by OAuth will serve: what the API shows of it, and when a person is warned. */

/** Grants that can be renewed are, this often: a refresh token that lies unused is ended by many providers. */
export const renewEveryMs = 7 * 86_400_000
/** A grant that nothing renews is warned of so long before its end. */
const warnBeforeMs = 86_400_000

export interface GrantHealth {
  /** `dying`: it serves, and will not for long unless something is done. */
  state: 'good' | 'dying' | 'ended'
  /** What is the matter, and what to do. */
  says?: string
}

interface GrantOutline {
  canRefresh: boolean
  refreshedAtMs: number
  expiresAtMs: number | undefined
  deadReason: string | undefined
}

const again = 'Go through the consent again: set-up and the removal of what it made need it.'
const iso = (ms: number): string => new Date(ms).toISOString()

export function grantHealth(grant: GrantOutline, nowMs: number): GrantHealth {
  const { canRefresh, refreshedAtMs, expiresAtMs = Infinity, deadReason } = grant
  if (deadReason !== undefined) return { state: 'ended', says: deadReason }
  if (canRefresh) {
    if (nowMs - refreshedAtMs < 2 * renewEveryMs) return { state: 'good' }
    const says = `Segment's consent could not be renewed since ${iso(refreshedAtMs)}, and ends when it lies unused for too long. ${again}`
    return { state: 'dying', says }
  }
  const none = `Segment gave nothing to renew it with. ${again}`
  if (expiresAtMs <= nowMs) return { state: 'ended', says: `It ended at ${iso(expiresAtMs)}. ${none}` }
  if (expiresAtMs - nowMs < warnBeforeMs)
    return { state: 'dying', says: `It ends at ${iso(expiresAtMs)}. ${none}` }
  return { state: 'good' }
}

/**
 * Whether a person is to be told. Of a grant that was made for an hour or so, as "Enable with Segment" makes them, the end
 * is no news: it has served when the set-up is done.
 */
export function isWarned(grant: GrantOutline, nowMs: number): boolean {
  const isShort =
    !grant.canRefresh && (grant.expiresAtMs ?? Infinity) - grant.refreshedAtMs < 2 * warnBeforeMs
  return grantHealth(grant, nowMs).state !== 'good' && !(isShort && grant.deadReason === undefined)
}
