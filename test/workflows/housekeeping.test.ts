import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker'
import { afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { createHousekeep, type HousekeepDeps } from '../../activities/housekeep.ts'
import { ensureSchedules } from '../../bin/schedules.ts'
import { BridgeError } from '../../core/errors.ts'
import type { housekeeping } from '../../workflows/index.ts'
import { startDevServer, startTimeSkipping } from '../support/temporal.ts'
import { createWorld, startMs, users, type World } from '../support/world.ts'
import { bundle, quiet, taskQueue, until, wake, workerOf } from './support.ts'

const dayMs = 86_400_000

let code: WorkflowBundleWithSourceMap
let world: World
beforeAll(async () => {
  quiet()
  code = await bundle()
})
beforeEach(async () => {
  world = await createWorld()
})
afterEach(() => world.close())

/** The world's activities two weeks and a day after everything was delivered. */
function activitiesWith(given: Partial<HousekeepDeps> = {}) {
  const clock = { nowMs: () => startMs + 15 * dayMs }
  const deps = { ...world.deps, clock, ...given }
  return { ...world.activities, housekeep: createHousekeep(deps) }
}

async function started(environment: TestWorkflowEnvironment): Promise<TestWorkflowEnvironment> {
  onTestFinished(() => environment.teardown())
  return environment
}

const requests = async () => (await world.store.retention.holdings()).requests

/** Requests of 1,000 messages each, all delivered. */
async function deliver(environment: TestWorkflowEnvironment, n: number): Promise<void> {
  for (let i = 0; i < n; i += 1) await world.append(users(1_000, i * 1_000))
  await wake(environment)
  await until(async () => (await world.totals()).delivered === n * 1_000)
}

describe('housekeeping', () => {
  it('waits until the store can be written again', async () => {
    const environment = await started(await startTimeSkipping())
    let calls = 0
    const settings = () => {
      calls += 1
      const failed = new BridgeError('store_failed', 'SQLITE_FULL')
      return calls <= 20 ? Promise.reject(failed) : world.store.retention.settings()
    }
    const activities = activitiesWith({ retention: { ...world.store.retention, settings } })
    const worker = await workerOf(environment, code, { activities })
    await worker.runUntil(async () => {
      await deliver(environment, 2)
      const options = { workflowId: 'housekeeping', taskQueue, args: [] as [] }
      const sum = await environment.client.workflow.execute<typeof housekeeping>('housekeeping', options)
      expect(sum).toMatchObject({ requests: 2, entries: 2_000 })
    })
    expect(await requests()).toBe(0)
    expect(await world.totals()).toMatchObject({ accepted: 2_000, delivered: 2_000 })
  })

  it('is started by its Schedule on the bulk queue, and outlasts a worker that shuts down in the middle', async () => {
    const environment = await started(await startDevServer())
    const live = await workerOf(environment, code, world)
    await live.runUntil(() => deliver(environment, 6))
    await ensureSchedules(environment.connection, 'default')
    const schedule = environment.client.schedule.getHandle('housekeeping')
    const { spec, policies, action } = await schedule.describe()
    expect(spec.intervals).toMatchObject([{ every: 3_600_000 }])
    expect(policies.overlap).toBe('SKIP')
    expect(action).toMatchObject({ workflowType: 'housekeeping', taskQueue: 'causeway-bulk' })

    const activities = activitiesWith({ housekeepTiming: { pauseMs: 500 } })
    const bulk = () =>
      Worker.create({
        ...{ connection: environment.nativeConnection, taskQueue: 'causeway-bulk' },
        ...{ workflowBundle: code, activities },
      })
    const first = await bulk()
    await first.runUntil(async () => {
      await schedule.trigger()
      await until(async () => (await requests()) < 6)
    })
    expect(await requests()).toBeGreaterThan(0)
    const [run] = (await schedule.describe()).info.recentActions
    const workflowId = run?.action.workflow.workflowId ?? ''
    expect(workflowId).toMatch(/^housekeeping-/)
    const second = await bulk()
    const sum = await second.runUntil(() =>
      environment.client.workflow.getHandle<typeof housekeeping>(workflowId).result(),
    )
    expect(sum).toMatchObject({ requests: 6, entries: 6_000 })
  })

  it('keeps the Schedule that it finds, as a person left it', async () => {
    const environment = await started(await startDevServer())
    await ensureSchedules(environment.connection, 'default')
    const schedule = environment.client.schedule.getHandle('housekeeping')
    await schedule.pause('for the night')
    await ensureSchedules(environment.connection, 'default')
    expect((await schedule.describe()).state).toMatchObject({ paused: true, note: 'for the night' })
  })
})
