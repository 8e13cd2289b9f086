import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createChunkReader, type ChunkReader, type ChunkRequest } from '../../activities/archive-chunks.ts'
import { createStatsigDecide } from '../../activities/statsig-handler.ts'
import type { FillStep } from '../../activities/fillers.ts'
import { createArchiveReader } from '../../bin/archive-reader.ts'
import { defaultSettings } from '../../core/settings.ts'
import { folderHome, type ArchiveHome } from '../support/archives.ts'
import { startMs, track, users } from '../support/world.ts'

const tooOldAfterMs = 7 * 86_400_000
let home: ArchiveHome
let read: ChunkReader

beforeAll(async () => {
  home = await folderHome()
  const places = { roots: [home.path], s3: { region: 'us-east-1', pathStyle: true } }
  read = createArchiveReader({ places, tooOldAfterMs })
  // The thread takes a moment to start.
  await all(read(await requestOf('first.gz', users(1)), never))
})
afterAll(() => home.close())

const place = { n: 0, offset: 0, line: 0, etag: '', bytesBefore: 0 }

async function requestOf(name: string, ids: string[]): Promise<ChunkRequest> {
  const received = { receivedAt: new Date(startMs).toISOString() }
  await home.put(name, gzipSync(ids.map((id) => `${JSON.stringify(track(id, received))}\n`).join('')))
  for await (const file of home.archives.list(home.path, name)) {
    return {
      ...{
        path: home.path,
        file,
        place,
        next: { ...place, n: 1, bytesBefore: file.bytes },
        unitsTotal: file.bytes,
      },
      spec: { source: 'archive', fromMs: startMs - 1, toMs: startMs + 1 },
      basis: { settings: defaultSettings, ageAtMs: startMs },
    }
  }
  throw new Error('the file is not listed')
}

async function all(from: AsyncIterable<FillStep>): Promise<FillStep[]> {
  const steps: FillStep[] = []
  for await (const step of from) steps.push(step)
  return steps
}

const never = new AbortController().signal

describe('createArchiveReader', () => {
  it('hands over what would be read and decided here, byte for byte', async () => {
    const request = await requestOf('a.gz', [...users(4_321), 'u1'])
    const here = createChunkReader(home.archives, createStatsigDecide({ tooOldAfterMs }))
    const [expected, steps] = [await all(here(request, never)), await all(read(request, never))]
    expect(steps).toHaveLength(5)
    expect(steps).toEqual(expected)
    expect(Buffer.isBuffer(steps[0]?.filling.bodies?.[0]?.body)).toBe(true)
  })

  it('reads several files at once, each to its own end', async () => {
    const requests = [await requestOf('b.gz', users(2_500)), await requestOf('c.gz', users(10))]
    const found = await Promise.all(requests.map((request) => all(read(request, never))))
    expect(found.map((steps) => steps.reduce((sum, { entries }) => sum + entries, 0))).toEqual([2_500, 10])
  })

  it('tells faults by their codes', async () => {
    const request = await requestOf('d.gz', users(3))
    await requestOf('d.gz', users(30))
    await expect(all(read(request, never))).rejects.toMatchObject({ code: 'archive_file_changed' })
    await home.remove('d.gz')
    await expect(all(read(request, never))).rejects.toMatchObject({ code: 'archive_file_gone' })
  })

  it('stops when nobody asks for more, and when it is told to', async () => {
    const request = await requestOf('e.gz', users(6_000))
    for await (const step of read(request, never)) {
      expect(step.entries).toBe(1_000)
      break
    }
    const stop = new AbortController()
    const steps = read(request, stop.signal)
    const reading = (async () => {
      for await (const step of steps) if (step.entries > 0) stop.abort(new Error('cancelled'))
    })()
    await expect(reading).rejects.toThrow('cancelled')
    expect(await all(read(request, never))).toHaveLength(7)
  })
})
