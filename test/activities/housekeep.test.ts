import { MockActivityEnvironment } from '@temporalio/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createHousekeep, type HousekeepDeps, type HousekeepResult } from '../../activities/housekeep.ts'
import type { DrainInput, DrainResult } from '../../activities/drain.ts'
import { nothingRemoved } from '../../core/housekeeping.ts'
import { BridgeError } from '../../core/errors.ts'
import { connectionId, createWorld, startMs, users, type World } from '../support/world.ts'

const dayMs = 86_400_000

let world: World
beforeEach(async () => {
  world = await createWorld()
})
afterEach(async () => {
  await world.close()
})

type Drain = (input: DrainInput) => Promise<DrainResult>
const drain = () =>
  new MockActivityEnvironment().run<[DrainInput], DrainResult, Drain>(world.activities.drain, {
    connectionId,
    lane: 'events',
  })

/** One request that is delivered; each message is larger by `padding`. */
async function deliver(userIds: string[], padding = 0): Promise<void> {
  await world.appendMessages(
    userIds.map((userId) => ({
      ...{ type: 'track', event: 'Order Completed', userId, messageId: `m-${userId}` },
      ...{ timestamp: new Date(startMs).toISOString(), properties: { text: 'x'.repeat(padding) } },
    })),
  )
  await drain()
}

/** Housekeeping so many days after everything was delivered. */
function housekeep(
  days: number,
  { environment = new MockActivityEnvironment(), ...given }: Partial<HousekeepDeps> & Environment = {},
): Promise<HousekeepResult> {
  const activity = createHousekeep({
    ...world.deps,
    clock: { nowMs: () => startMs + days * dayMs },
    housekeepTiming: { pauseMs: 0 },
    ...given,
  })
  return environment.run<[], HousekeepResult, () => Promise<HousekeepResult>>(activity)
}
interface Environment {
  environment?: MockActivityEnvironment
}

const left = async (): Promise<number> => (await world.store.retention.holdings()).requests

describe('housekeep', () => {
  it('keeps what ended within the configured days and removes what is older', async () => {
    await deliver(users(3))
    expect(await housekeep(14)).toMatchObject({ done: true, entries: 0 })
    expect(await housekeep(14.1)).toMatchObject({ done: true, entries: 3, requests: 1 })
    expect(await left()).toBe(0)
  })

  it('goes by the days that were chosen, from the next run on', async () => {
    await deliver(users(3))
    await world.store.retention.change({ days: 2, maxBytes: undefined }, startMs)
    expect(await housekeep(1.9)).toMatchObject({ entries: 0 })
    expect(await housekeep(2.1)).toMatchObject({ entries: 3 })
  })

  it('removes the oldest until the database fits its limit, and no more', async () => {
    for (let n = 1; n <= 10; n += 1) await deliver([`u${n}`], 4_000_000)
    const { usedBytes } = await world.store.retention.holdings()
    const maxBytes = usedBytes - 10_000_000
    await world.store.retention.change({ days: 14, maxBytes }, startMs)
    expect(await housekeep(1)).toMatchObject({ done: true, requests: 3 })
    const after = await world.store.retention.holdings()
    expect(after.usedBytes).toBeLessThanOrEqual(maxBytes)
    expect(after.databaseBytes).toBeLessThanOrEqual(maxBytes)
    const { entries } = await world.store.messages.list(connectionId, {}, { limit: 20 })
    expect(entries.map(({ userId }) => userId)).toEqual(users(7, 4).reverse())
  })

  it('keeps what is pending, even where that alone is more than the limit', async () => {
    await deliver(users(1), 1_000_000)
    await world.append(users(5, 2))
    await world.store.retention.change({ days: 1, maxBytes: 1 }, startMs)
    expect(await housekeep(100)).toMatchObject({ done: true, entries: 1 })
    expect(await world.totals()).toMatchObject({ pending: 5 })
    await drain()
    expect(world.statsig.taken()).toEqual(users(6))
  })

  it('knows a repetition for a week longer than it keeps the message', async () => {
    await deliver(users(1))
    expect(await housekeep(20)).toMatchObject({ entries: 1, claims: 0 })
    await deliver(users(1))
    expect(await world.totals()).toMatchObject({ delivered: 1, skipped: 1 })
    await housekeep(23)
    await deliver(users(1))
    expect(await world.totals()).toMatchObject({ delivered: 2, skipped: 1 })
  })

  it('ends the stint when the worker shuts down, says that it is not done, and the next goes on', async () => {
    for (let n = 0; n < 3; n += 1) await deliver(users(1_500, n * 1_500))
    const environment = new MockActivityEnvironment()
    environment.on('heartbeat', () => environment.cancel('WORKER_SHUTDOWN'))
    expect(await housekeep(15, { environment })).toMatchObject({ done: false, entries: 1_500 })
    expect(await housekeep(15)).toMatchObject({ done: true, entries: 3_000 })
  })

  it('stops between two steps when it is cancelled, and keeps what it did', async () => {
    for (let n = 0; n < 3; n += 1) await deliver(users(1_500, n * 1_500))
    const environment = new MockActivityEnvironment()
    environment.on('heartbeat', () => environment.cancel('CANCELLED'))
    await expect(housekeep(15, { environment })).rejects.toMatchObject({ name: 'CancelledFailure' })
    expect(await left()).toBe(2)
  })

  it('tells how far it came, and counts on from there when it is tried again', async () => {
    await deliver(users(3))
    const earlier = { ...nothingRemoved, entries: 1_000, requests: 10 }
    const environment = new MockActivityEnvironment({ heartbeatDetails: earlier })
    const told: unknown[] = []
    environment.on('heartbeat', (details) => told.push(details))
    expect(await housekeep(15, { environment })).toMatchObject({ done: true, entries: 1_003, requests: 11 })
    expect(told[0]).toMatchObject({ entries: 1_003, requests: 11 })
  })

  it.each(['store_busy', 'store_failed'] as const)('is tried again after %s', async (code) => {
    const retention = {
      ...world.store.retention,
      settings: () => Promise.reject(new BridgeError(code, 'for now')),
    }
    await expect(housekeep(15, { retention })).rejects.toMatchObject({ type: code, nonRetryable: false })
  })
})
