import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRunReader } from '../../activities/read-run.ts'
import { defaultSettings } from '../../core/settings.ts'
import { connectionId, createWorld, startMs, track, users, type World } from '../support/world.ts'

let world: World
beforeEach(async () => {
  world = await createWorld()
})
afterEach(() => world.close())

/** The sizes of the runs in which a lane is read, each a thousand entries at most. */
async function runSizes(): Promise<number[]> {
  const { lanes, handlers } = world.deps
  const lease = await lanes.open(connectionId, 'events', startMs)
  if ('held' in lease || !handlers.events) throw new Error('the lane is not free')
  const readRun = createRunReader(lanes, handlers.events)
  const sizes: number[] = []
  for (let cursor = lease.cursor; ; cursor += sizes.at(-1) ?? 0) {
    const rows = await lanes.read({ ...lease, cursor }, 1_000)
    if (rows.length === 0) return sizes
    sizes.push((await readRun(rows, cursor, defaultSettings, 1_000)).length)
  }
}

describe('createRunReader', () => {
  it('reads a thousand entries at once, over requests of the usual size', async () => {
    for (let request = 0; request < 15; request += 1) await world.append(users(100, request * 100))
    expect(await runSizes()).toEqual([1_000, 500])
  })

  it('holds no more than a few large bodies at once', async () => {
    const userId = 'u'.repeat(3 * 1024 * 1024)
    for (let request = 0; request < 7; request += 1) await world.appendMessages([track('a', { userId })])
    expect(await runSizes()).toEqual([3, 3, 1])
  })

  it('reads a large body once and takes its messages a thousand at a time', async () => {
    const padding = { padding: 'x'.repeat(9 * 1024 * 1024) }
    await world.appendMessages([...users(1_500).map((user) => track(user)), padding])
    await world.append(users(10))
    expect(await runSizes()).toEqual([1_000, 501, 10])
  })
})
