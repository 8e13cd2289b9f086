import { MockActivityEnvironment } from '@temporalio/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createBulkPace } from '../../activities/bulk-pace.ts'
import type { DrainInput, DrainResult } from '../../activities/drain.ts'
import type { FillResult, JobInput } from '../../activities/fill-job.ts'
import type { ReplaySpec } from '../../core/jobs.ts'
import type { Job, JobChange, Lease } from '../../core/ports.ts'
import { connectionId, createWorld, startMs, users, type World } from '../support/world.ts'

const dayMs = 86_400_000
const spec: ReplaySpec = { source: 'store', fromMs: startMs - dayMs, toMs: startMs + dayMs }

let world: World
let job: Job

/** A replay by force whose lane is filled, with so many messages. */
async function filledReplay(entries: number, rate?: number): Promise<void> {
  await world.append(users(entries))
  await run('drain', { connectionId, lane: 'events' })
  world.statsig.requests.length = 0
  const { jobs } = world.store
  const made = await jobs.create({
    ...{ id: 'rpl_1', kind: 'replay', connectionId, spec, rate, force: true, handler: 'events' },
    ...{ dryRun: false, nowMs: startMs },
  })
  job = await jobs.begin(made.id, startMs)
  await run('fillJob', { jobId: job.id })
}

type Runnable = (input: DrainInput | JobInput) => Promise<DrainResult | FillResult>
function run(name: 'drain' | 'fillJob', input: DrainInput | JobInput): Promise<DrainResult | FillResult> {
  const activity = world.activities[name] as Runnable
  return new MockActivityEnvironment().run<[DrainInput | JobInput], DrainResult | FillResult, Runnable>(
    activity,
    input,
  )
}
const drain = () => run('drain', { connectionId, lane: job.lane })
const sizes = () => world.statsig.requests.map(({ events }) => events.length)

/** A person steers while the request with this number is under way. */
function steerDuring(request: number, change: JobChange): void {
  world.statsig.script = ({ index }) => {
    if (index === request) void world.store.jobs.steer(job.id, change, startMs)
    return 202
  }
}

beforeEach(async () => {
  world = await createWorld({ clock: { nowMs: () => Date.now() } })
})
afterEach(() => world.close())

describe('a job that is steered', () => {
  it('is paused within one batch, and goes on where it was', async () => {
    await filledReplay(2_500)
    steerDuring(1, 'pause')
    expect(await drain()).toMatchObject({ state: 'paused', cursor: 2_000 })
    expect(sizes()).toEqual([1_000, 1_000])
    expect(await drain()).toMatchObject({ state: 'paused' })
    await world.store.jobs.steer(job.id, 'resume', startMs)
    expect(await drain()).toMatchObject({ state: 'done', cursor: 2_500 })
    expect(world.statsig.taken()).toEqual(users(2_500))
  })

  it('is cancelled within one batch, and what was not sent is counted', async () => {
    await filledReplay(2_500)
    steerDuring(1, 'cancel')
    expect(await drain()).toMatchObject({ state: 'done' })
    expect(sizes()).toEqual([1_000, 1_000])
    const ended = await world.store.jobs.end(job.id, 'completed', undefined, startMs)
    expect(ended).toMatchObject({
      status: 'cancelled',
      unsent: 500,
      totals: { accepted: 2_000, delivered: 2_000 },
    })
  })

  it('keeps its rate, and takes another one within one batch, in the middle of a rest', async () => {
    await filledReplay(1_030, 10)
    const startedMs = Date.now()
    setTimeout(() => void world.store.jobs.steer(job.id, { rate: null }, startMs), 700)
    await drain()
    // Two runs of half a second's worth by the old rate, one that was read ahead, then as many as there are.
    expect(sizes()).toEqual([5, 5, 5, 1_000, 15])
    expect(Date.now() - startedMs).toBeGreaterThan(700)
    expect(Date.now() - startedMs).toBeLessThan(5_000)
  })
})

describe('createBulkPace', () => {
  const tookMs = 80
  async function restOf(lease: Lease): Promise<number> {
    const { jobs, lanes } = world.store
    const pace = await createBulkPace({ jobs, lanes, clock: { nowMs: () => Date.now() } }, lease)
    const startedMs = Date.now()
    await pace.rest(lease, { entries: 1_000, startedMs: startedMs - tookMs }, () => false)
    return Date.now() - startedMs
  }
  const leaseOf = async (lane: Job['lane']): Promise<Lease> => {
    const lease = await world.store.lanes.open(connectionId, lane, Date.now())
    if ('held' in lease) throw new Error('held')
    return lease
  }

  it('rests as long as it worked while a live lane waits for more than a second, and not otherwise', async () => {
    await filledReplay(10)
    const bulk = await leaseOf(job.lane)
    expect(await restOf(bulk)).toBeLessThan(tookMs / 2)
    // The world's messages were received long ago: the live lane is behind.
    await world.append(['waits'])
    expect(await restOf(bulk)).toBeGreaterThanOrEqual(tookMs - 5)
  })

  it('does not wait for live lanes that a person holds', async () => {
    await filledReplay(10)
    await world.append(['waits'])
    const live = await leaseOf('events')
    await world.store.lanes.hold(live, 'needs_attention', 'a key', Date.now())
    expect(await restOf(await leaseOf(job.lane))).toBeLessThan(tookMs / 2)
  })

  it('leaves live lanes alone', async () => {
    await world.append(['waits'])
    expect(await restOf(await leaseOf('events'))).toBeLessThan(tookMs / 2)
  })
})
