/** The Temporal client as Causeway uses it: lanes are woken, never waited for. */
import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client'
import { laneWorkflowId } from '../core/ids.ts'
import { taskQueueOf, type LaneName } from '../core/lanes.ts'
import type { Clock, LaneStarter } from '../core/ports.ts'
import { causewayConnection, causewayLane } from '../core/search-attributes.ts'

/** A bare call blocks for many seconds while Temporal is down. */
const deadlineMs = 1_000

/**
 * `client` is asked for at each call: it is undefined until the first connection to Temporal succeeds, and ingest
 * does not wait for that.
 */
export function createLaneStarter({
  client,
  clock,
}: {
  client: () => Client | undefined
  clock: Clock
}): LaneStarter {
  const soon = <T>(work: (client: Client) => Promise<T>): Promise<T> => {
    const connected = client()
    if (!connected) return Promise.reject(new Error('Temporal is not reachable yet'))
    return connected.withDeadline(clock.nowMs() + deadlineMs, () => work(connected))
  }
  return {
    async wake(connectionId, lane) {
      const options = { ...startOptions(connectionId, lane), signal: 'wake', signalArgs: [] as [] }
      await soon((connected) => connected.workflow.signalWithStart('drainLane', options))
    },
    async ensure(connectionId, lane) {
      try {
        await soon((connected) => connected.workflow.start('drainLane', startOptions(connectionId, lane)))
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
      }
    },
    async reachable() {
      try {
        await soon((connected) => connected.connection.workflowService.getSystemInfo({}))
        return true
      } catch {
        return false
      }
    },
  }
}

function startOptions(connectionId: string, lane: LaneName) {
  return {
    workflowId: laneWorkflowId(connectionId, lane),
    taskQueue: taskQueueOf(lane),
    args: [{ connectionId, lane }] as [{ connectionId: string; lane: LaneName }],
    typedSearchAttributes: [
      { key: causewayConnection, value: connectionId },
      { key: causewayLane, value: lane },
    ],
    staticSummary: `Lane ${lane} of ${connectionId}`,
    staticDetails: `Drains the lane **${lane}** of connection \`${connectionId}\`: reads what was accepted, maps it, sends it, records each outcome. It lives as long as the connection does.`,
  }
}
