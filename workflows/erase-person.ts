/** The erasure of one person on one connection: stints until every body that was there has been looked through. */
import { proxyActivities, setCurrentDetails } from '@temporalio/workflow'
import type { Activities } from '../activities/index.ts'
import { drainRetry } from '../core/retry.ts'

export interface ErasePersonInput {
  erasureId: string
}

export interface ErasePersonResult {
  requestsSeen: number
  messages: number
}

const { erase } = proxyActivities<Activities>({
  startToCloseTimeout: '12h',
  heartbeatTimeout: '30s',
  retry: drainRetry,
})

export async function erasePerson({ erasureId }: ErasePersonInput): Promise<ErasePersonResult> {
  for (;;) {
    const { done, ...result } = await erase.executeWithOptions({ summary: 'remove a person' }, [erasureId])
    setCurrentDetails(`**${result.messages}** messages removed.`)
    if (done) return result
  }
}
