// Runs the lane's worker on a test server, with the bundle that the product's own workers run.
import { readFile } from 'node:fs/promises'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { DefaultLogger, Runtime, Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker'
import { readConfig } from '../../bin/load-config.ts'
import { workflowBundle } from '../../bin/workflow-bundle.ts'
import type { LaneName } from '../../core/lanes.ts'
import type { drainLane } from '../../workflows/index.ts'
import { connectionId, type World } from '../support/world.ts'
import { laneWorkflowId } from '../../core/ids.ts'
import { causewayConnection, causewayLane } from '../../core/search-attributes.ts'

export const taskQueue = 'causeway-live'

/** Made once for all files and processes, and kept in the cache for as long as the workflows are the same. */
export async function bundle(): Promise<WorkflowBundleWithSourceMap> {
  const code = await readFile(await workflowBundle(readConfig().cacheDir), 'utf8')
  return { code, sourceMap: 'inlined' }
}

/** Failed attempts are what these tests are about: the SDK need not tell each. */
export const quiet = () => Runtime.install({ logger: new DefaultLogger('ERROR') })

export function workerOf(
  environment: TestWorkflowEnvironment,
  workflowBundle: WorkflowBundleWithSourceMap,
  { activities }: Pick<World, 'activities'>,
): Promise<Worker> {
  const connection = environment.nativeConnection
  return Worker.create({
    connection,
    taskQueue,
    workflowBundle,
    activities,
    maxHeartbeatThrottleInterval: '500ms',
  })
}

/** Wakes the lane as the api does. */
export function wake({ client }: TestWorkflowEnvironment, lane: LaneName = 'events') {
  return client.workflow.signalWithStart<typeof drainLane>('drainLane', {
    workflowId: laneWorkflowId(connectionId, lane),
    taskQueue,
    args: [{ connectionId, lane }],
    signal: 'wake',
    typedSearchAttributes: [
      { key: causewayConnection, value: connectionId },
      { key: causewayLane, value: lane },
    ],
  })
}

/** Waits, in real time, for what the store shows. */
export async function until(isSo: () => Promise<boolean>, timeoutMs = 60_000): Promise<void> {
  for (const startedMs = Date.now(); !(await isSo());) {
    if (Date.now() - startedMs > timeoutMs) throw new Error('it did not come to pass')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
