/** Runs of workflows through Temporal's client: started, signalled, updated and cancelled by their ids. */
import {
  ApplicationFailure,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  type Client,
} from '@temporalio/client'
import { BridgeError, isErrorCode } from '../core/errors.ts'
import type { Clock, RunStart, WorkflowRuns } from '../core/ports.ts'
import { consolePlaceOf } from '../core/console-places.ts'
import { causewayAudience, causewayConnection, causewayLane } from '../core/search-attributes.ts'

/** An update waits for a worker too, which may be busy or just starting. */
const updateDeadlineMs = 10_000

/** `client` is asked for at each call: it is undefined until the first connection to Temporal succeeds. */
export function createWorkflowRuns({
  client,
  clock,
  publicUrl,
  deadlineMs = 2_000,
}: {
  client: () => Client | undefined
  clock: Clock
  /** Where the console is, so that each run links to its page there. */
  publicUrl?: string
  /** A bare call blocks for many seconds while Temporal is down. */
  deadlineMs?: number
}): WorkflowRuns {
  async function soon<T>(withinMs: number, work: (client: Client) => Promise<T>): Promise<T> {
    const connected = client()
    if (!connected) throw new BridgeError('temporal_unavailable', 'Temporal has not been reached yet.')
    try {
      return await connected.withDeadline(clock.nowMs() + withinMs, () => work(connected))
    } catch (error) {
      throw toBridgeError(error)
    }
  }
  return {
    async start(run) {
      try {
        await soon(deadlineMs, ({ workflow }) => workflow.start(run.workflow, optionsOf(run, publicUrl)))
        return true
      } catch (error) {
        if (error instanceof WorkflowExecutionAlreadyStartedError) return false
        throw error
      }
    },
    async signalWithStart(run, signal, signalArgs) {
      const options = { ...optionsOf(run, publicUrl), signal, signalArgs }
      await soon(deadlineMs, ({ workflow }) => workflow.signalWithStart(run.workflow, options))
    },
    async signal(workflowId, signal, args) {
      await soon(deadlineMs, ({ workflow }) => workflow.getHandle(workflowId).signal(signal, ...args))
    },
    update<T>(workflowId: string, update: string, args: unknown[]) {
      return soon<T>(updateDeadlineMs, ({ workflow }) =>
        workflow.getHandle(workflowId).executeUpdate<T, [unknown, ...unknown[]]>(update, {
          args: args as [unknown, ...unknown[]],
        }),
      )
    },
    async reachable() {
      try {
        await soon(deadlineMs, ({ connection }) => connection.workflowService.getSystemInfo({}))
        return true
      } catch {
        return false
      }
    },
    async cancel(workflowId) {
      await soon(deadlineMs, ({ workflow }) => workflow.getHandle(workflowId).cancel())
    },
  }
}

function optionsOf({ workflowId, taskQueue, args, ...run }: RunStart, publicUrl: string | undefined) {
  const link = publicUrl === undefined ? '' : `\n\n[Open in the console](${publicUrl}${consolePlaceOf(run)})`
  return {
    ...{ workflowId, taskQueue, args },
    typedSearchAttributes: [
      { key: causewayConnection, value: run.connectionId },
      ...(run.lane === undefined ? [] : [{ key: causewayLane, value: run.lane }]),
      ...(run.audience === undefined ? [] : [{ key: causewayAudience, value: run.audience }]),
    ],
    staticSummary: run.summary,
    staticDetails: `${run.details}${link}`,
  }
}

/** What the run itself refused keeps its code; all else is Temporal being away. */
function toBridgeError(error: unknown): unknown {
  if (error instanceof WorkflowExecutionAlreadyStartedError || error instanceof BridgeError) return error
  if (error instanceof WorkflowNotFoundError) {
    return new BridgeError('not_found', 'No such run is open.', { cause: error })
  }
  if (error instanceof WorkflowUpdateFailedError) {
    const { cause } = error
    const code = cause instanceof ApplicationFailure ? cause.type : undefined
    if (isErrorCode(code)) return new BridgeError(code, cause?.message ?? '', { cause: error })
    return error
  }
  return new BridgeError('temporal_unavailable', 'Temporal does not answer.', { cause: error })
}
