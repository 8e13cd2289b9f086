/** Starts the runs of erasures; those that could not be started while Temporal was away are started by the sweep. */
import { erasureWorkflowId } from '../core/ids.ts'
import type { Erasure, ErasureStore, Log, RunStart, WorkflowRuns } from '../core/ports.ts'

export interface ErasureStarter {
  start(erasure: Erasure): Promise<void>
  /** To be called every few seconds. */
  sweep(): Promise<void>
}

/** A run that is open already is left as it is. */
export function createErasureStarter(deps: {
  erasures: ErasureStore
  runs: WorkflowRuns
  log: Log
}): ErasureStarter {
  async function start(erasure: Erasure): Promise<void> {
    try {
      await deps.runs.start(runOf(erasure))
    } catch (error) {
      const { id } = erasure
      deps.log.warn({ event: 'erasure.waits', erasureId: id, error: String(error) }, 'erasure.waits')
    }
  }
  return {
    start,
    async sweep() {
      for (const erasure of await deps.erasures.unfinished()) await start(erasure)
    },
  }
}

function runOf({ id, connectionId, origin }: Erasure): RunStart {
  const asked =
    origin === 'call' ? 'A call of the control plane asked for it.' : 'Segment sent a `delete` event.'
  return {
    workflow: 'erasePerson',
    workflowId: erasureWorkflowId(id),
    taskQueue: 'causeway-bulk',
    args: [{ erasureId: id }],
    connectionId,
    summary: `Erase a person of ${connectionId}`,
    details: `Removes what one person left on connection \`${connectionId}\`. ${asked} Who it is stands sealed in the database and in no history.`,
  }
}
