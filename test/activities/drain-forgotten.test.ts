// A drain whose Temporal server has lost its database: the activity runs on, and nobody waits for what it returns.
import { MockActivityEnvironment } from '@temporalio/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DrainInput, DrainResult } from '../../activities/drain.ts'
import { connectionId, createWorld, startMs, users, type World } from '../support/world.ts'

type Drain = (input: DrainInput) => Promise<DrainResult>

let world: World
let environment: MockActivityEnvironment
beforeEach(async () => {
  world = await createWorld()
  environment = new MockActivityEnvironment()
})
afterEach(async () => {
  await world.close()
})

const drain = (within = environment): Promise<DrainResult> =>
  within.run<[DrainInput], DrainResult, Drain>(world.activities.drain, { connectionId, lane: 'events' })

describe('drain that Temporal has forgotten', () => {
  it('ends what is in flight, leaves its lane to be woken, and nothing is sent twice', async () => {
    await world.append(users(2_500))
    world.statsig.script = ({ index }) => {
      if (index === 0) environment.cancel('NOT_FOUND')
      return 202
    }
    expect(await drain()).toMatchObject({ state: 'more', entries: 1_000 })
    expect(await world.lane()).toMatchObject({ state: 'asleep', pending: 1_500 })
    const waiting = await world.store.lanes.forsaken(0)
    expect(waiting).toEqual([{ connectionId, lane: 'events', state: 'asleep' }])
    await drain(new MockActivityEnvironment())
    expect(world.statsig.taken()).toEqual(users(2_500))
  })

  it('leaves its lane to be woken when the vendor is down too', async () => {
    await world.append(users(3))
    world.statsig.script = () => {
      environment.cancel('NOT_FOUND')
      return 503
    }
    await expect(drain()).rejects.toMatchObject({ type: 'statsig.unavailable' })
    expect(await world.lane()).toMatchObject({ state: 'asleep', pending: 3 })
  })

  it('leaves a lane that needs a person as it is', async () => {
    await world.append(users(3))
    world.statsig.script = () => {
      environment.cancel('NOT_FOUND')
      return 401
    }
    expect(await drain()).toMatchObject({ state: 'needs_attention' })
    expect(await world.lane()).toMatchObject({ state: 'needs_attention' })
  })

  it('leaves a paused lane paused', async () => {
    await world.append(users(3))
    world.statsig.script = () => {
      environment.cancel('NOT_FOUND')
      return 503
    }
    const failing = drain()
    await world.store.connections.update(connectionId, { paused: true }, startMs)
    await failing.catch(() => undefined)
    expect((await world.lane()).state).toBe('paused')
  })

  it('leaves a lane alone that a newer drain has taken', async () => {
    await world.append(users(3))
    let taken: Promise<unknown> | undefined
    world.statsig.script = () => {
      taken = world.store.lanes.open(connectionId, 'events', startMs)
      environment.cancel('NOT_FOUND')
      return 202
    }
    await expect(drain()).rejects.toMatchObject({ type: 'lane_lost' })
    await taken
    expect(await world.lane()).toMatchObject({ state: 'running', pending: 3 })
  })
})
