/** Temporal Schedules of ours. They live in Temporal's database and die with it, so they are ensured again and again. */
import { Client, ScheduleNotFoundError, ScheduleOverlapPolicy, type Connection } from '@temporalio/client'
import { housekeepingScheduleId, housekeepingWorkflowId } from '../core/ids.ts'

/**
 * Makes the hourly housekeeping where there is none. One that is found is left as it is: a person may have paused it
 * or given it other hours.
 */
export async function ensureSchedules(connection: Connection, namespace: string): Promise<void> {
  const { schedule } = new Client({ connection, namespace })
  try {
    await schedule.getHandle(housekeepingScheduleId).describe()
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error
    await schedule.create({
      scheduleId: housekeepingScheduleId,
      spec: { intervals: [{ every: '1h' }] },
      // After a long silence one run does the work of all that were missed.
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1h' },
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
    })
  }
}
