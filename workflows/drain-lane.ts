/**
 * One lane of one connection, for as long as the connection lives: drain it, sleep until woken, drain it again.
 * Outages are waited for by the activity's retry policy; what a person must do is waited for here.
 */
import {
  condition,
  continueAsNew,
  defineSignal,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow'
import type { Activities } from '../activities/index.ts'
import type { LaneName } from '../core/lanes.ts'
import { describeLane } from '../core/lane-details.ts'
import { drainRetry } from '../core/retry.ts'
import { causewayStatus } from '../core/search-attributes.ts'

export interface DrainLaneInput {
  connectionId: string
  lane: LaneName
  /** Position of the last ended entry as an earlier run knew it, carried over continue-as-new to be shown. */
  cursor?: number
}

/** There is work, or what held the lane is over. Carries nothing: the store knows. */
export const wakeSignal = defineSignal('wake')

const { drain } = proxyActivities<Activities>({
  startToCloseTimeout: '15m',
  heartbeatTimeout: '30s',
  retry: drainRetry,
})

export async function drainLane({ connectionId, lane, cursor = 0 }: DrainLaneInput): Promise<void> {
  let woken = false
  setHandler(wakeSignal, () => {
    woken = true
  })
  const show = (status: string, reason?: string) => {
    upsertSearchAttributes([{ key: causewayStatus, value: status }])
    setCurrentDetails(describeLane({ status, cursor, ...(reason === undefined ? {} : { reason }) }))
  }

  for (;;) {
    woken = false
    show('running')
    const stint = await drain.executeWithOptions({ summary: `drain ${lane}` }, [{ connectionId, lane }])
    cursor = stint.cursor
    // The lane of a replay, export or redrive ends with it.
    if (stint.state === 'done') {
      show('done')
      return
    }
    if (stint.state !== 'more') {
      show(stint.state, stint.reason)
      if (stint.wakeInMs === undefined) await condition(() => woken)
      else await condition(() => woken, stint.wakeInMs)
    }
    if (workflowInfo().continueAsNewSuggested)
      await continueAsNew<typeof drainLane>({ connectionId, lane, cursor })
  }
}
