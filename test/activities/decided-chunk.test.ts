import { gzipSync } from 'node:zlib'
import { MockActivityEnvironment } from '@temporalio/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createChunkReader } from '../../activities/archive-chunks.ts'
import { createArchiveFiller } from '../../activities/archive-filler.ts'
import { decideChunk, saidOf } from '../../activities/decided-chunk.ts'
import type { DrainInput, DrainResult } from '../../activities/drain.ts'
import type { FillResult, JobInput } from '../../activities/fill-job.ts'
import { createParsedBodies } from '../../activities/parsed-bodies.ts'
import { createStatsigDecide } from '../../activities/statsig-handler.ts'
import type { ReplaySpec } from '../../core/jobs.ts'
import type { Job } from '../../core/ports.ts'
import { defaultSettings } from '../../core/settings.ts'
import { folderHome, type ArchiveHome } from '../support/archives.ts'
import { connectionId, createWorld, startMs, track, users, type World } from '../support/world.ts'

const dayMs = 86_400_000
const decide = createStatsigDecide({ tooOldAfterMs: 7 * dayMs })
const received = { receivedAt: new Date(startMs).toISOString() }

let world: World
let home: ArchiveHome
let job: Job

beforeEach(async () => {
  world = await createWorld()
  home = await folderHome()
  const { jobs, connections } = world.store
  const elsewhere = { read: createChunkReader(home.archives, decide), connections }
  world.deps.fillers.archive = createArchiveFiller({ jobs, archives: home.archives, elsewhere })
  const spec: ReplaySpec = {
    source: 'archive',
    path: home.path,
    fromMs: startMs - dayMs,
    toMs: startMs + dayMs,
  }
  const made = await jobs.create({
    ...{ id: 'rpl_1', kind: 'replay', connectionId, spec, rate: undefined, force: false, handler: 'events' },
    ...{ dryRun: false, nowMs: startMs },
  })
  job = await jobs.begin(made.id, startMs)
  const lines = users(1_500).map((id) => JSON.stringify(track(id, received)))
  await home.put('1.gz', gzipSync(`${lines.join('\n')}\n{"broken\n`))
})
afterEach(async () => {
  await world.close()
  await home.close()
})

const fill = () => {
  const run = world.activities.fillJob
  return new MockActivityEnvironment().run<[JobInput], FillResult, typeof run>(run, { jobId: job.id })
}
const drain = () => {
  const run = world.activities.drain
  const input = { connectionId, lane: job.lane }
  return new MockActivityEnvironment().run<[DrainInput], DrainResult, typeof run>(run, input)
}
const totals = async () => (await world.store.jobs.get(job.id))?.totals

describe('a drain beside the filler that decided', () => {
  it('sends what was decided, and reads no body again', async () => {
    await fill()
    const body = vi.spyOn(world.store.lanes, 'body')
    await drain()
    expect(body).not.toHaveBeenCalled()
    expect(world.statsig.taken()).toEqual(users(1_500))
    expect(await totals()).toMatchObject({ delivered: 1_500, rejected: 1, pending: 0 })
  })

  it('decides anew where the settings have changed since', async () => {
    await fill()
    await world.store.connections.update(
      connectionId,
      ({ settings }) => ({
        settings: {
          ...settings,
          filters: { ...settings.filters, inbound: { default: 'exclude', rules: [] } },
        },
      }),
      startMs,
    )
    await drain()
    expect(world.statsig.taken()).toEqual([])
    expect(await totals()).toMatchObject({ filtered: 1_500, rejected: 1 })
  })

  it('decides anew where somebody has been erased since', async () => {
    await fill()
    const person = { userId: 'u7' }
    await world.store.erasures.create({
      ...{ id: 'era_1', connectionId, person, origin: 'call', nowMs: startMs + 1 },
    })
    await drain()
    expect(world.statsig.taken()).toEqual(users(1_500).filter((id) => id !== 'u7'))
    expect(await totals()).toMatchObject({ delivered: 1_499, skipped: 1, rejected: 1 })
  })
})

describe('saidOf', () => {
  const basis = { settings: defaultSettings, ageAtMs: startMs }
  const items = [
    track('u1', received),
    track('u2', { ...received, timestamp: new Date(startMs - 8 * dayMs).toISOString() }),
    track('u3', { ...received, userId: undefined, integrations: { All: false } }),
    { type: 'identify', userId: 'u4', ...received },
    track('u5', { ...received, context: { library: { name: 'statsig' } } }),
    '{"broken',
    ['text'],
    7,
    null,
  ]

  it('is what the mapping said, but for its warnings', () => {
    const chunk = decideChunk(decide, items, basis)
    if (!chunk) throw new Error('it was not decided')
    const receipt = { receivedAtMs: NaN, source: 'archive' as const, batch: {}, ageAtMs: startMs }
    const direct = items.map((item) => decide(item, receipt, defaultSettings))
    const said = items.map((_, index) => saidOf(structuredClone(chunk), index))
    expect(said.map((one) => one?.verdict.kind)).toEqual(direct.map(({ verdict }) => verdict.kind))
    for (const [index, { seen, verdict, mayBeEcho = false }] of direct.entries()) {
      const { messageId, type, event, userId, timeMs } = seen
      expect(said[index]).toMatchObject({ seen: { messageId, type, event, userId, timeMs }, mayBeEcho })
      expect(said[index]?.verdict).toMatchObject({ ...verdict, warnings: [] })
    }
    expect(saidOf(chunk, items.length)).toBeUndefined()
  })

  it('is nothing of a chunk in which the mapping failed', () => {
    const failing = () => {
      throw new Error('a bug of ours')
    }
    expect(decideChunk(failing, items, basis)).toBeUndefined()
  })
})

describe('createParsedBodies', () => {
  it('forgets the oldest beyond its bound, and what was taken', () => {
    const bodies = createParsedBodies()
    const bytes = 4 * 1024 * 1024
    for (const id of [1, 2, 3]) bodies.put(id, { items: [id], bytes })
    expect([1, 2, 3, 2].map((id) => bodies.take(id)?.items?.[0])).toEqual([undefined, 2, 3, undefined])
  })
})
