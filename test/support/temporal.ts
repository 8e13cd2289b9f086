// Real Temporal servers for tests, with our search attributes registered. Whoever starts one tears it down.
import { TestWorkflowEnvironment } from '@temporalio/testing'
import { inject } from 'vitest'
import { registerSearchAttributes } from '../../bin/search-attributes.ts'

export const testNamespace = 'default'

/** The server that skips time: a day passes in milliseconds. It has no Schedules, no list, no task-queue description. */
export async function startTimeSkipping(): Promise<TestWorkflowEnvironment> {
  const environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path: inject('temporalTestServer') } },
  })
  await registerSearchAttributes(environment.connection, testNamespace)
  return environment
}

export interface DevServerOptions {
  /** Kept there, to be found again by another server; in memory where absent. */
  dbFilename?: string
  port?: number
  /** Serves the Web UI there. */
  uiPort?: number
}

/** The dev server that `npm start` runs. */
export async function startDevServer(options: DevServerOptions = {}): Promise<TestWorkflowEnvironment> {
  const environment = await TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path: inject('temporalCli') },
      namespace: testNamespace,
      log: { format: 'pretty', level: 'error' },
      ...options,
    },
  })
  await registerSearchAttributes(environment.connection, testNamespace)
  return environment
}
