/** The Temporal client as lanes use it: they are woken, never waited for. */
import type { Client } from '@temporalio/client'
import { laneWorkflowId } from '../core/ids.ts'
import { jobOfLane, jobRun } from '../core/jobs.ts'
import { taskQueueOf, type LaneName } from '../core/lanes.ts'
import type { Clock, LaneStarter, RunStart } from '../core/ports.ts'
import { createWorkflowRuns } from './temporal-runs.ts'

/** A bare call blocks for many seconds while Temporal is down. */
const deadlineMs = 1_000

/** `client` is undefined until the first connection to Temporal succeeds: ingest does not wait for that. */
export function createLaneStarter(deps: {
  client: () => Client | undefined
  clock: Clock
  publicUrl?: string
}): LaneStarter {
  const runs = createWorkflowRuns({ ...deps, deadlineMs })
  return {
    wake: (connectionId, lane) => runs.signalWithStart(runOf(connectionId, lane), 'wake', []),
    async ensure(connectionId, lane) {
      await runs.start(runOf(connectionId, lane))
    },
    reachable: () => runs.reachable(),
  }
}

/** The lane of a job belongs to the job's run, which tells it what it is told. */
function runOf(connectionId: string, lane: LaneName): RunStart {
  const job = jobOfLane(lane)
  if (job) return jobRun({ ...job, connectionId })
  return {
    workflow: 'drainLane',
    workflowId: laneWorkflowId(connectionId, lane),
    taskQueue: taskQueueOf(lane),
    args: [{ connectionId, lane }],
    ...{ connectionId, lane },
    summary: `Lane ${lane} of ${connectionId}`,
    details: `Drains the lane **${lane}** of connection \`${connectionId}\`: reads what was accepted, maps it, sends it, records each outcome. It lives as long as the connection does.`,
  }
}
