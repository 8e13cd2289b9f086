/** Keeps what Segment granted alive: a part of housekeeping. What cannot be renewed is told by an alert, not here. */
import { BridgeError } from '../core/errors.ts'
import { renewEveryMs } from '../core/segment-grant.ts'
import { createSegmentAccess, type SegmentAccessDeps } from './segment-access.ts'

/** Renews each grant whose last renewal was long ago; yields after each, and goes on where one fails. */
export function createKeepGrants(deps: SegmentAccessDeps): () => AsyncIterable<object> {
  const access = createSegmentAccess(deps)
  return async function* () {
    // Without an app there is nobody to renew them as.
    if (!deps.oauth) return
    for (const connectionId of await deps.grants.list()) {
      try {
        await access.keepAlive(connectionId, renewEveryMs)
      } catch (error) {
        const code = error instanceof BridgeError ? error.code : String(error)
        deps.log.warn({ event: 'segment.not_renewed', connectionId, code }, 'segment.not_renewed')
      }
      yield {}
    }
  }
}
