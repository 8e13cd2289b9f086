/** Temporal Schedules of ours. They live in Temporal's database and die with it, so they are ensured again and again. */
import {
  Client,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type Connection,
  type ScheduleOptions,
} from '@temporalio/client'
import {
  housekeepingScheduleId,
  housekeepingWorkflowId,
  reconcileScheduleId,
  reconcileWorkflowId,
} from '../core/ids.ts'

/**
 * Makes the hourly housekeeping and the nightly comparison of lists where they are missing. One that is found is left
 * as it is: a person may have paused it or given it other hours.
 */
export async function ensureSchedules(connection: Connection, namespace: string): Promise<void> {
  const { schedule } = new Client({ connection, namespace })
  for (const wanted of schedules) {
    try {
      await schedule.getHandle(wanted.scheduleId).describe()
    } catch (error) {
      if (!(error instanceof ScheduleNotFoundError)) throw error
      await schedule.create(wanted)
    }
  }
}

// After a long silence one run does the work of all that were missed.
const policies = { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1h' } as const

const schedules: ScheduleOptions[] = [
  {
    scheduleId: housekeepingScheduleId,
    spec: { intervals: [{ every: '1h' }] },
    policies,
    action: {
      type: 'startWorkflow',
      workflowType: 'housekeeping',
      workflowId: housekeepingWorkflowId,
      taskQueue: 'causeway-bulk',
      args: [],
      staticSummary: 'Removes what is older than the retention, and what is too much',
      staticDetails:
        'Ended messages, their bodies and attempts go after the retention; what is pending never does. Counters and positions stay.',
    },
  },
  {
    scheduleId: reconcileScheduleId,
    spec: { calendars: [{ hour: 3, minute: 17 }] },
    policies,
    action: {
      type: 'startWorkflow',
      workflowType: 'reconcileAudiences',
      workflowId: reconcileWorkflowId,
      taskQueue: 'causeway-bulk',
      args: [],
      staticSummary: 'Asks every audience to compare its list with the ledger',
      staticDetails:
        'Each audience reads what Statsig holds, shows the difference and mends it; many removals wait for a person.',
    },
  },
]
