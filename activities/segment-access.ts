/**
 * The token for a call to Segment: the pasted one, or what OAuth granted, refreshed before it dies. One process at a
 * time refreshes, by a lease in the store: with rotating refresh tokens a second refresh would end the grant. Whatever
 * refresh token comes back is kept; an answer without one leaves the old.
 */
import { BridgeError } from '../core/errors.ts'
import type {
  Clock,
  ConnectionStore,
  Grant,
  GrantStore,
  Ids,
  Log,
  SegmentOauth,
  SegmentTokens,
} from '../core/ports.ts'

/** An access token is renewed so long before its end that it still serves while a renewal fails. */
const renewBeforeMs = 5 * 60_000
/** Longer than a request may take: a lease that ran out means that its holder is gone. */
const leaseMs = 60_000
const pollMs = 200

export interface SegmentAccessDeps {
  connections: ConnectionStore
  grants: GrantStore
  /** Absent where no OAuth app is configured. */
  oauth: SegmentOauth | undefined
  ids: Ids
  clock: Clock
  log: Log
}

export interface SegmentAccess {
  /** Calls with a token; once more with a new one where Segment refuses it and it can be renewed. Throws `segment.token_refused`. */
  use: <T>(connectionId: string, call: (token: string) => Promise<T>) => Promise<T>
  /** Renews a grant whose last renewal is older than that, so that its refresh token stays in use. */
  keepAlive(connectionId: string, olderThanMs: number): Promise<void>
}

export function createSegmentAccess(deps: SegmentAccessDeps): SegmentAccess {
  const { connections, grants, clock } = deps
  return {
    async use(connectionId, call) {
      const grant = await grants.get(connectionId)
      if (!grant) return call(await pastedToken(connections, connectionId))
      if (grant.deadReason !== undefined) throw refused(grant.deadReason)
      const isDying = grant.expiresAtMs !== undefined && grant.expiresAtMs - clock.nowMs() < renewBeforeMs
      const token =
        isDying && grant.refreshToken !== undefined ? await renewOrKeep(deps, grant) : grant.accessToken
      try {
        return await call(token)
      } catch (error) {
        if (!(error instanceof BridgeError) || error.code !== 'segment.token_refused') throw error
        return call(await renewed(deps, connectionId, token))
      }
    },
    async keepAlive(connectionId, olderThanMs) {
      const grant = await grants.get(connectionId)
      if (grant?.refreshToken === undefined || grant.deadReason !== undefined) return
      if (clock.nowMs() - grant.refreshedAtMs >= olderThanMs)
        await renewed(deps, connectionId, grant.accessToken)
    },
  }
}

const refused = (detail: string) => new BridgeError('segment.token_refused', detail)

async function pastedToken(connections: ConnectionStore, connectionId: string): Promise<string> {
  const token = await connections.openKey(connectionId, 'segment.apiToken')
  if (token === undefined) throw refused('There is none: neither a consent nor a pasted token.')
  return token
}

/** A token that still serves is used where its renewal fails for now. */
async function renewOrKeep(deps: SegmentAccessDeps, grant: Grant): Promise<string> {
  try {
    return await renewed(deps, grant.connectionId, grant.accessToken)
  } catch (error) {
    if ((grant.expiresAtMs ?? 0) <= deps.clock.nowMs()) throw error
    return grant.accessToken
  }
}

/** The token that follows `used`, by our own refresh or by that of another process. */
async function renewed(deps: SegmentAccessDeps, connectionId: string, used: string): Promise<string> {
  const { grants, ids, clock } = deps
  const leaseId = ids.secret()
  for (;;) {
    const grant = await grants.get(connectionId)
    if (!grant) throw refused('The consent is gone.')
    if (grant.accessToken !== used) return grant.accessToken
    if (grant.deadReason !== undefined) throw refused(grant.deadReason)
    if (grant.refreshToken === undefined)
      throw refused('It has ended, and Segment gave none to renew it with.')
    const nowMs = clock.nowMs()
    if (await grants.lease(connectionId, leaseId, nowMs, nowMs + leaseMs)) {
      const held = await grants.get(connectionId)
      if (held && held.accessToken === used)
        return refresh(deps, { ...held, isRefreshOpen: grant.isRefreshOpen }, leaseId)
      await grants.release(connectionId, leaseId, { isAnswered: true })
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}

async function refresh(deps: SegmentAccessDeps, grant: Grant, leaseId: string): Promise<string> {
  const { grants, oauth, clock, log } = deps
  const { connectionId, refreshToken = '' } = grant
  if (!oauth) {
    await grants.release(connectionId, leaseId, { isAnswered: true })
    throw refused('It has ended, and no OAuth app is configured to renew it.')
  }
  let tokens: SegmentTokens
  try {
    tokens = await oauth.refresh(refreshToken)
  } catch (error) {
    throw await afterFailure(deps, grant, leaseId, error)
  }
  const kept = { ...tokens, refreshToken: tokens.refreshToken ?? refreshToken }
  if (!(await grants.renew(connectionId, leaseId, kept, clock.nowMs())))
    log.error({ event: 'segment.lease_lost', connectionId }, 'segment.lease_lost')
  return kept.accessToken
}

/** A grant is dead when Segment says so. Where it may only be that an answer did not reach us, the next refresh tells. */
async function afterFailure(
  { grants, log }: SegmentAccessDeps,
  { connectionId, isRefreshOpen }: Grant,
  leaseId: string,
  error: unknown,
): Promise<unknown> {
  const code = error instanceof BridgeError ? error.code : undefined
  if (code !== 'segment.code_refused') {
    await grants.release(connectionId, leaseId, { isAnswered: code === 'segment.rate_limited' })
    return error
  }
  const deadReason = isRefreshOpen
    ? 'A renewal was cut off before its answer was kept, and Segment does not take the old refresh token any more. Go through the consent again.'
    : 'Segment does not renew it any more: it was revoked there or has lain unused for too long. Go through the consent again.'
  await grants.release(connectionId, leaseId, { isAnswered: true, deadReason })
  log.error({ event: 'segment.grant_dead', connectionId, reason: deadReason }, 'segment.grant_dead')
  return refused(deadReason)
}
