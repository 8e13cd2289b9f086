/** Once a night, by its Schedule: every audience compares its list with the ledger and mends the difference. */
import { proxyActivities } from '@temporalio/workflow'
import type { Activities } from '../activities/index.ts'
import { drainRetry } from '../core/retry.ts'

const { startReconciles } = proxyActivities<Activities>({
  startToCloseTimeout: '1h',
  heartbeatTimeout: '1m',
  retry: drainRetry,
})

/** Answers how many audiences were asked. */
export async function reconcileAudiences(): Promise<number> {
  return startReconciles.executeWithOptions({ summary: 'ask every audience to compare its list' }, [])
}
