import type { TestWorkflowEnvironment } from '@temporalio/testing'
import type { WorkflowBundleWithSourceMap } from '@temporalio/worker'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { causewayConnection, causewayStatus } from '../../core/search-attributes.ts'
import { startTimeSkipping } from '../support/temporal.ts'
import { connectionId, createWorld, startMs, users, type World } from '../support/world.ts'
import { bundle, quiet, until, wake, workerOf } from './support.ts'

let environment: TestWorkflowEnvironment
let code: WorkflowBundleWithSourceMap
let world: World

beforeAll(async () => {
  quiet()
  code = await bundle()
})
beforeEach(async () => {
  // A server for each: its lanes are never closed, and a lane that sleeps holds nobody up.
  environment = await startTimeSkipping()
  world = await createWorld()
})
afterEach(async () => {
  await environment.teardown()
  await world.close()
})
async function whileWorking(story: () => Promise<void>): Promise<void> {
  const worker = await workerOf(environment, code, world)
  await worker.runUntil(story)
}

const isAsleep = async () => {
  const { state, pending } = await world.lane()
  return state === 'asleep' && pending === 0
}

describe('drainLane', () => {
  it('drains what was there before it was woken, sleeps, and wakes again', async () => {
    await whileWorking(async () => {
      await world.append(users(3))
      await wake(environment)
      await until(isAsleep)
      await world.append(users(2, 4))
      await wake(environment)
      await until(async () => (await world.totals()).delivered === 5)
    })
    expect(world.statsig.taken()).toEqual(users(5))
  })

  it('outlasts a day of outage at Statsig in seconds and loses nothing', async () => {
    const day = 24 * 3_600_000
    let up = false
    world.statsig.script = () => (up ? 202 : 503)
    await whileWorking(async () => {
      await world.append(users(50))
      await wake(environment)
      await environment.sleep(day / 2)
      // Events go on being accepted; a wake finds the run open.
      await world.append(users(50, 51))
      await wake(environment)
      await environment.sleep(day / 2)
      expect(await world.totals()).toMatchObject({ accepted: 100, pending: 100 })
      up = true
      await environment.sleep('2m')
      await until(isAsleep)
    })
    expect(world.statsig.taken()).toEqual(users(100))
    const failed = world.statsig.requests.filter(({ status }) => status === 503).length
    // At most a minute apart: more than 1,400 attempts a day, each on record.
    expect(failed).toBeGreaterThan(1_400)
    expect(await world.totals()).toMatchObject({ accepted: 100, delivered: 100, pending: 0 })
  }, 240_000)

  it('waits as long as Retry-After asks before it tries again', async () => {
    world.statsig.script = ({ index }) => (index === 0 ? { status: 429, retryAfterMs: 600_000 } : 202)
    await whileWorking(async () => {
      await world.append(users(1))
      await wake(environment)
      await environment.sleep('9m')
      expect(world.statsig.requests).toHaveLength(1)
      await environment.sleep('2m')
      await until(isAsleep)
    })
    expect(world.statsig.taken()).toEqual(['u1'])
  })

  it('waits for a person when the key is refused, shows it, and goes on with a new key', async () => {
    world.statsig.script = ({ key }) => (key === 'secret-new' ? 202 : 401)
    await whileWorking(async () => {
      await world.append(users(3))
      const run = await wake(environment)
      await until(async () => (await world.lane()).state === 'needs_attention')
      await environment.sleep('3 days')
      expect(world.statsig.requests).toHaveLength(1)
      const { typedSearchAttributes } = await run.describe()
      expect(typedSearchAttributes.get(causewayStatus)).toBe('needs_attention')
      expect(typedSearchAttributes.get(causewayConnection)).toBe(connectionId)
      await world.append(users(2, 4))
      await world.store.connections.update(
        connectionId,
        { keys: { 'statsig.serverKey': 'secret-new' } },
        startMs,
      )
      await wake(environment)
      await until(isAsleep)
    })
    expect(world.statsig.taken()).toEqual(users(5))
  })

  it('holds while it is paused and goes on from the same place', async () => {
    await whileWorking(async () => {
      await world.store.connections.update(connectionId, { paused: true }, startMs)
      await world.append(users(3))
      await wake(environment)
      await until(async () => (await world.lane()).state === 'paused')
      await environment.sleep('6 days')
      expect(world.statsig.requests).toHaveLength(0)
      await world.store.connections.update(connectionId, { paused: false }, startMs)
      await wake(environment)
      await until(isAsleep)
    })
    expect(world.statsig.taken()).toEqual(users(3))
  })

  it('rests with a backlog until its hour by a timer, and looks again when it is woken', async () => {
    const hour = 3_600_000
    let [nowMs, releaseMs] = [startMs, startMs + 2 * hour]
    await world.close()
    world = await createWorld({ clock: { nowMs: () => nowMs } })
    Object.assign(world.deps.handlers.events ?? {}, { releaseAtMs: () => releaseMs })
    await whileWorking(async () => {
      await world.append(users(3))
      await wake(environment)
      await until(async () => (await world.lane()).reason !== undefined)
      await environment.sleep('1h')
      expect(world.statsig.requests).toHaveLength(0)
      nowMs = startMs + 2 * hour
      await environment.sleep('61m')
      await until(isAsleep)
      expect(world.statsig.taken()).toEqual(users(3))
      releaseMs = nowMs + 24 * hour
      await world.append(users(1, 4))
      await wake(environment)
      await until(async () => (await world.lane()).reason !== undefined)
      releaseMs = nowMs
      await wake(environment)
      await until(isAsleep)
    })
    expect(world.statsig.taken()).toEqual(users(4))
  })

  it('loses no wake that arrives while a stint is ending', async () => {
    await whileWorking(async () => {
      for (let round = 1; round <= 30; round += 1) {
        const { asleep } = await world.append([`u${round}`])
        if (asleep.length > 0) await wake(environment)
      }
      await until(async () => (await world.totals()).delivered === 30)
    })
  })

  it('goes on as a new run, with its count, when its history has grown', async () => {
    await whileWorking(async () => {
      const { workflowId } = await wake(environment)
      const first = (await environment.client.workflow.getHandle(workflowId).describe()).runId
      // Signals fill a history fastest; the server suggests a new run at 4,096 events.
      for (let round = 0; round < 42; round += 1) {
        const lane = environment.client.workflow.getHandle(workflowId)
        await Promise.all(Array.from({ length: 100 }, () => lane.signal('wake')))
      }
      await world.append(users(2))
      await wake(environment)
      await until(
        async () => (await environment.client.workflow.getHandle(workflowId).describe()).runId !== first,
      )
      await until(isAsleep)
    })
    expect(world.statsig.taken()).toEqual(users(2))
  }, 240_000)
})
