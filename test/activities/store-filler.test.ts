import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { FillStep } from '../../activities/fillers.ts'
import { createStoreFiller } from '../../activities/store-filler.ts'
import type { ReplaySpec } from '../../core/jobs.ts'
import type { StandingLane } from '../../core/lanes.ts'
import type { Job } from '../../core/ports.ts'
import { connectionId, createWorld, startMs, track, users, type World } from '../support/world.ts'

let world: World
beforeEach(async () => {
  world = await createWorld()
})
afterEach(() => world.close())

async function receive(
  ids: string[],
  atMs: number,
  lane: StandingLane = 'events',
  event = 'A',
): Promise<void> {
  await world.store.inbox.append({
    ...{ connectionId, receivedAtMs: atMs, source: 'tracking', call: 'batch', callerIp: undefined },
    body: Buffer.from(JSON.stringify({ batch: ids.map((id) => track(id, { event })) })),
    lanes: [{ lane, items: undefined, count: ids.length, sole: true }],
  })
}

function makeJob(spec: Partial<ReplaySpec> = {}): Promise<Job> {
  return world.store.jobs.create({
    ...{ id: 'rpl_1', kind: 'replay', connectionId, rate: undefined, force: false, handler: 'events' },
    spec: { source: 'store', fromMs: startMs, toMs: startMs + 1_000, ...spec },
    ...{ dryRun: false, nowMs: startMs },
  })
}

async function stepsOf(job: Job, checkpoint?: unknown): Promise<FillStep[]> {
  const steps: FillStep[] = []
  const filler = createStoreFiller(world.store)
  for await (const step of filler({ ...job, checkpoint }, new AbortController().signal)) steps.push(step)
  return steps
}

const sum = (steps: FillStep[]) => ({
  entries: steps.reduce((all, { entries }) => all + entries, 0),
  outside: steps.reduce((all, { filling }) => all + (filling.outsideWindow ?? 0), 0),
  notSelected: steps.reduce((all, { filling }) => all + (filling.notSelected ?? 0), 0),
})

describe('createStoreFiller', () => {
  it('refers to what was received in the window, and counts what was not, wherever it is broken off', async () => {
    await receive(users(3), startMs - 1)
    await receive(users(2), startMs)
    await receive(users(7), startMs + 1_000)
    await receive(users(2_300), startMs + 999)
    await receive(users(5), startMs + 2_000)
    await receive(users(4), startMs + 10, 'late')
    await receive(users(6), startMs - 10, 'late')
    await receive(users(9), startMs + 10, 'outbound')
    const job = await makeJob()
    const whole = await stepsOf(job)
    expect(sum(whole)).toEqual({ entries: 2_306, outside: 21, notSelected: 0 })
    for (const step of whole) expect(step.entries).toBeLessThanOrEqual(1_000)
    for (let done = 1; done < whole.length; done += 1) {
      const before = whole.slice(0, done)
      const rest = await stepsOf(job, before.at(-1)?.filling.checkpoint)
      expect(sum([...before, ...rest])).toEqual(sum(whole))
    }
  })

  it('ends where the lanes were when it began', async () => {
    await receive(users(2), startMs)
    const job = await makeJob()
    const [first] = await stepsOf(job)
    await receive(users(5, 10), startMs)
    expect(sum(await stepsOf(job, first?.filling.checkpoint))).toMatchObject({ entries: 0 })
    expect(sum(await stepsOf(job))).toMatchObject({ entries: 7 })
  })

  it('takes the events and types that were asked for, and counts the others', async () => {
    await receive(users(3), startMs)
    await receive(users(4), startMs, 'events', 'B')
    expect(sum(await stepsOf(await makeJob({ events: ['B'] })))).toEqual({
      entries: 4,
      outside: 0,
      notSelected: 3,
    })
  })

  it('selects by type too', async () => {
    await receive(users(3), startMs)
    expect(sum(await stepsOf(await makeJob({ types: ['page'] })))).toEqual({
      entries: 0,
      outside: 0,
      notSelected: 3,
    })
  })
})
