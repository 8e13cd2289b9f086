/**
 * One audience, for as long as it lives: wait for a change, let changes pause, sync, wait again. What a person must do
 * is waited for here; outages are waited for by the activity's retry policy.
 */
import {
  ActivityFailure,
  ApplicationFailure,
  condition,
  continueAsNew,
  defineSignal,
  defineUpdate,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow'
import type { Activities } from '../activities/index.ts'
import { toldEveryMs, waitMs } from '../core/audiences/debounce.ts'
import { describeSync, type SyncResult } from '../core/audiences/details.ts'
import { drainRetry } from '../core/retry.ts'
import { causewayStatus } from '../core/search-attributes.ts'

export interface SyncAudienceInput {
  connectionId: string
  audience: string
  /** A change was told while an earlier run continued as new. */
  isChanged?: boolean
}

/** There is something to sync. */
export const changedSignal = defineSignal('changed')
/** Sync at once: a person asked, or what held the sync is over. */
export const nowSignal = defineSignal('now')
/** Answers how many removals go, or stay. */
export const approveUpdate = defineUpdate<number>('approve')
export const rejectUpdate = defineUpdate<number>('reject')

const { syncMembers } = proxyActivities<Activities>({
  startToCloseTimeout: '12h',
  heartbeatTimeout: '30s',
  retry: drainRetry,
})
const { decideRemovals } = proxyActivities<Activities>({ startToCloseTimeout: '10m', retry: drainRetry })

export async function syncAudience({ connectionId, audience, isChanged }: SyncAudienceInput): Promise<void> {
  let told: { firstMs: number; lastMs: number } | undefined
  let isUrgent = false
  let deciding = 0
  const tell = () => {
    told = { firstMs: told?.firstMs ?? Date.now(), lastMs: Date.now() }
  }
  const decide = async (verdict: 'approve' | 'reject') => {
    deciding += 1
    try {
      return await decideRemovals({ connectionId, audience, verdict, nowMs: Date.now() })
    } catch (error) {
      // The caller is told the code, not that there was an activity.
      const cause = error instanceof ActivityFailure ? error.cause : undefined
      throw cause instanceof ApplicationFailure ? cause : error
    } finally {
      deciding -= 1
      isUrgent = true
    }
  }
  if (isChanged) tell()
  setHandler(changedSignal, tell)
  setHandler(nowSignal, () => {
    isUrgent = true
  })
  setHandler(approveUpdate, () => decide('approve'))
  setHandler(rejectUpdate, () => decide('reject'))

  const isAsked = () => told !== undefined || isUrgent
  for (;;) {
    await condition(() => isAsked() && deciding === 0)
    while (!isUrgent && told !== undefined && waitMs(told, Date.now()) > 0) {
      const { lastMs } = told
      await condition(() => isUrgent || told?.lastMs !== lastMs, waitMs(told, Date.now()))
    }
    const nowMs = Date.now()
    // Whoever tells holds its tongue for a second: what came last may not have been told.
    const isRecent = told !== undefined && nowMs - told.lastMs < toldEveryMs
    told = undefined
    isUrgent = false
    show({ state: 'syncing' })
    const result = await syncMembers.executeWithOptions({ summary: `sync ${audience}` }, [
      { connectionId, audience, nowMs },
    ])
    show(result)
    if (result.state === 'more') isUrgent = true
    else if (isRecent) tell()
    if (workflowInfo().continueAsNewSuggested && deciding === 0)
      await continueAsNew<typeof syncAudience>({
        connectionId,
        audience,
        isChanged: isAsked(),
      })
  }
}

function show(result: SyncResult | { state: 'syncing' }): void {
  upsertSearchAttributes([{ key: causewayStatus, value: result.state }])
  setCurrentDetails(describeSync(result))
}
