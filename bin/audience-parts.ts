/** What a worker needs for audiences, put together. */
import { createAudiencesHandler } from '../activities/audiences-handler.ts'
import { createStatsigSegments } from '../clients/statsig-segments.ts'
import { createAudienceSyncs } from '../clients/temporal-audiences.ts'
import type { Person } from '../core/erasure.ts'
import type { Store, WorkflowRuns } from '../core/ports.ts'
import { systemClock as clock } from './clock.ts'

export function audienceParts({ audiences }: Store, runs: WorkflowRuns, consoleUrl: string) {
  const syncs = createAudienceSyncs({ runs, clock })
  /** Ids go off the lists with the next call of their syncs, past the guard. */
  async function eraseFromAudiences(connectionId: string, { userId, anonymousId }: Person): Promise<void> {
    // Lists hold ids without the white space around them.
    const ids = [userId, anonymousId].flatMap((id) => (id === undefined ? [] : [id, id.trim()]))
    for (const key of await audiences.eraseUnit(connectionId, ids, clock.nowMs())) {
      await syncs.now(connectionId, key)
    }
  }
  return {
    handler: createAudiencesHandler({ audiences, syncs, clock }),
    deps: { audiences, syncs, segments: createStatsigSegments({ consoleUrl, clock }), eraseFromAudiences },
  }
}
