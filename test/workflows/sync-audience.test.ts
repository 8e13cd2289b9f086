import type { TestWorkflowEnvironment } from '@temporalio/testing'
import type { Worker, WorkflowBundleWithSourceMap } from '@temporalio/worker'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createAudienceSyncs } from '../../clients/temporal-audiences.ts'
import { createWorkflowRuns } from '../../clients/temporal-runs.ts'
import type { Audience, AudienceSyncs } from '../../core/ports.ts'
import { membership } from '../support/audiences.ts'
import { startTimeSkipping } from '../support/temporal.ts'
import { connectionId, createWorld, startMs, users, type World } from '../support/world.ts'
import { bundle, quiet, until, workerOf } from './support.ts'

let environment: TestWorkflowEnvironment
let workflowBundle: WorkflowBundleWithSourceMap
let world: World
let worker: Worker
let running: Promise<void>
let syncs: AudienceSyncs

beforeAll(async () => {
  quiet()
  ;[environment, workflowBundle] = await Promise.all([startTimeSkipping(), bundle()])
})
afterAll(() => environment.teardown())

beforeEach(async () => {
  // Each look at the clock takes a while, so that the budget of calls is never the matter.
  let ms = startMs
  const clock = { nowMs: () => (ms += 2_000) }
  world = await createWorld({ clock })
  await world.store.connections.update(connectionId, { keys: { 'statsig.consoleKey': 'console-a' } }, startMs)
  const runs = createWorkflowRuns({ client: () => environment.client, clock: { nowMs: () => Date.now() } })
  syncs = createAudienceSyncs({ runs, clock })
  worker = await workerOf(environment, workflowBundle, world)
  running = worker.run()
})
afterEach(async () => {
  worker.shutdown()
  await running
  await world.close()
})

let seq = 0
async function say(key: string, ids: string[], isMember: boolean): Promise<void> {
  seq += 1
  const words = ids.map((id) => membership(id, isMember, startMs + seq, { audience: key }))
  await world.store.audiences.fold(connectionId, words, startMs)
  await syncs.changed(connectionId, key)
}
async function audience(key: string): Promise<Audience> {
  const found = await world.store.audiences.get(connectionId, key)
  if (!found) throw new Error('no audience')
  return found
}
const isSettled = (key: string) => async () => {
  const { state, lastRun, addsDue } = await audience(key)
  return state !== 'syncing' && lastRun !== undefined && addsDue === 0
}

describe('syncAudience', () => {
  it('waits until changes pause, and carries them over in one call', async () => {
    for (let index = 1; index <= 8; index += 1) {
      await say('burst', [`u${index}`], true)
      await environment.sleep('1s')
    }
    await environment.sleep('3s')
    await until(isSettled('burst'))
    expect(world.segments.calls.map(({ ids }) => ids.length)).toEqual([8])
  })

  it('begins after 15 s when changes never pause', async () => {
    for (let index = 1; index <= 18; index += 1) {
      await say('stream', [`u${index}`], true)
      await environment.sleep('1s')
    }
    expect(world.segments.calls.length).toBeGreaterThan(0)
    await environment.sleep('5s')
    await until(async () => (await audience('stream')).applied === 18)
    expect(world.segments.calls.length).toBeLessThanOrEqual(3)
  })

  it('holds back a wipe-out that trickles in for a week; approval finishes it, rejection keeps the members', async () => {
    const keys = ['approved', 'rejected']
    for (const key of keys) {
      await say(key, users(100), true)
      await environment.sleep('5s')
      await until(isSettled(key))
    }
    for (const id of users(100)) {
      for (const key of keys) await say(key, [id], false)
      await environment.sleep('100m')
    }
    for (const key of keys) {
      await until(async () => {
        const { guard, applied } = await audience(key)
        return guard?.planned === applied
      })
      const { state, applied, guard } = await audience(key)
      expect(state).toBe('waiting_approval')
      // A fifth of what there was went in each day until the list was small enough for the rest to be too many.
      expect(applied).toBeGreaterThan(50)
      expect(guard).toMatchObject({ planned: applied })
      expect(guard?.sample.length).toBe(10)
    }
    // Days in which nobody decides let nobody go.
    const held = keys.map((key) => world.segments.idsOf(key))
    await environment.sleep('3 days')
    for (const key of keys) await syncs.now(connectionId, key)
    await environment.sleep('1m')
    expect(keys.map((key) => world.segments.idsOf(key))).toEqual(held)
    expect(await audience('approved')).toMatchObject({ state: 'waiting_approval' })
    const kept = world.segments.idsOf('rejected')
    expect(await syncs.decide(connectionId, 'approved', 'approve')).toBe((await audience('approved')).applied)
    await environment.sleep('5s')
    await until(async () => (await audience('approved')).applied === 0)
    expect(world.segments.idsOf('approved')).toEqual([])
    expect(await syncs.decide(connectionId, 'rejected', 'reject')).toBe(kept.length)
    await environment.sleep('1 day')
    expect(world.segments.idsOf('rejected')).toEqual(kept)
    expect(await audience('rejected')).toMatchObject({ state: 'idle', guard: undefined, removesDue: 0 })
  }, 120_000)

  it('refuses a decision when nothing waits', async () => {
    await say('calm', ['a'], true)
    await expect(syncs.decide(connectionId, 'calm', 'approve')).rejects.toMatchObject({
      code: 'nothing_held',
    })
  })

  it('waits for a person when the console key is refused, and goes on when told', async () => {
    await world.store.connections.update(connectionId, { keys: { 'statsig.consoleKey': null } }, startMs)
    await say('keyless', ['a'], true)
    await environment.sleep('5s')
    await until(async () => (await audience('keyless')).state === 'needs_attention')
    await world.store.connections.update(
      connectionId,
      { keys: { 'statsig.consoleKey': 'console-b' } },
      startMs,
    )
    await syncs.now(connectionId, 'keyless')
    await until(async () => (await audience('keyless')).state === 'idle')
    expect(world.segments.idsOf('keyless')).toEqual(['a'])
  })
})

describe('reconcileAudiences', () => {
  it('asks every audience to compare its list', async () => {
    await say('one', ['a'], true)
    await say('two', ['b'], true)
    const options = { workflowId: 'reconcile-audiences', taskQueue: 'causeway-live', args: [] }
    expect(await environment.client.workflow.execute('reconcileAudiences', options)).toBe(2)
    expect(world.syncs.told).toEqual([`now ${connectionId} one`, `now ${connectionId} two`])
    expect(await audience('one')).toMatchObject({ requestedMode: 'reconcile' })
  })
})
