/** Retention, once an hour by its Schedule: stints until all is done. It never gives up; the next hour is skipped then. */
import { proxyActivities, setCurrentDetails } from '@temporalio/workflow'
import type { Activities } from '../activities/index.ts'
import { addRemoved, describeHousekeeping, nothingRemoved, type Housekept } from '../core/housekeeping.ts'
import { drainRetry } from '../core/retry.ts'

const { housekeep } = proxyActivities<Activities>({
  // A first run after a lowered retention may have hundreds of gigabytes to remove, at a pace that nobody feels.
  startToCloseTimeout: '12h',
  heartbeatTimeout: '30s',
  retry: drainRetry,
})

export async function housekeeping(): Promise<Housekept> {
  let sum = nothingRemoved
  for (;;) {
    const { done, ...removed } = await housekeep.executeWithOptions({ summary: 'remove what is too old' }, [])
    sum = addRemoved(sum, removed)
    setCurrentDetails(describeHousekeeping(sum))
    if (done) return sum
  }
}
