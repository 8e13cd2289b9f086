/** One alert to the webhook: tried again with growing pauses for a day, then given up where a person sees it. */
import { ActivityFailure, isCancellation, proxyActivities, setCurrentDetails } from '@temporalio/workflow'
import type { Activities } from '../activities/index.ts'
import type { AlertInput, AlertResult } from '../activities/send-alert.ts'
import { describeAlertRun } from '../core/alerts.ts'
import { drainRetry } from '../core/retry.ts'

const { sendAlert } = proxyActivities<Activities>({
  startToCloseTimeout: '1m',
  scheduleToCloseTimeout: '24h',
  retry: { initialInterval: '5s', backoffCoefficient: 2, maximumInterval: '15m' },
})
const { giveUpAlert } = proxyActivities<Activities>({ startToCloseTimeout: '1m', retry: drainRetry })

export async function deliverAlert(input: AlertInput): Promise<AlertResult> {
  setCurrentDetails(describeAlertRun('being sent'))
  const result = await send(input)
  setCurrentDetails(describeAlertRun(result.state.replace('_', ' ')))
  return result
}

async function send(input: AlertInput): Promise<AlertResult> {
  try {
    return await sendAlert.executeWithOptions({ summary: 'tell the webhook' }, [input])
  } catch (error) {
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error
    return giveUpAlert.executeWithOptions({ summary: 'say that nobody took it' }, [input])
  }
}
