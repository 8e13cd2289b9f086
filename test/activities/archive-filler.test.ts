import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { MockActivityEnvironment } from '@temporalio/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createArchiveFiller } from '../../activities/archive-filler.ts'
import type { DrainInput, DrainResult } from '../../activities/drain.ts'
import type { FillResult, JobInput } from '../../activities/fill-job.ts'
import type { ReplaySpec } from '../../core/jobs.ts'
import type { ArchiveAccess, Job } from '../../core/ports.ts'
import { bucketHome, folderHome, type ArchiveHome } from '../support/archives.ts'
import { connectionId, createWorld, startMs, track, users, type World } from '../support/world.ts'

const dayMs = 86_400_000
const folder = 'segment-logs/web'
/** Segment's folder of the day on which the test's messages were received. */
const today = `${folder}/${Math.floor(startMs / dayMs) * dayMs}`
const line = (id: string, rest: object = {}): string =>
  JSON.stringify({ ...track(id), receivedAt: new Date(startMs).toISOString(), ...rest })
const lines = (ids: string[]): string => ids.map((id) => `${line(id)}\n`).join('')

let world: World
let home: ArchiveHome

const put = (file: string, text: string): Promise<void> => home.put(`${today}/${file}`, gzipSync(text))

/** The real archive, with something that happens at a moment. */
function withMeddling(meddle: {
  afterList?: () => Promise<void>
  afterLines?: () => Promise<void>
}): ArchiveAccess {
  const { afterList = async () => undefined, afterLines = async () => undefined } = meddle
  let isListed = false
  return {
    ...home.archives,
    async *list(path, only) {
      yield* home.archives.list(path, only)
      if (!isListed) await afterList()
      isListed = true
    },
    async *lines(...args) {
      for await (const found of home.archives.lines(...args)) {
        yield found
        if (!('note' in found)) await afterLines()
      }
    },
  }
}

function fill(job: Job): Promise<FillResult> {
  const run = world.activities.fillJob
  return new MockActivityEnvironment().run<[JobInput], FillResult, typeof run>(run, { jobId: job.id })
}

async function makeReplay(archives = home.archives, spec: Partial<ReplaySpec> = {}): Promise<Job> {
  world.deps.fillers.archive = createArchiveFiller({ jobs: world.store.jobs, archives })
  const job = await world.store.jobs.create({
    ...{ id: 'rpl_1', kind: 'replay', connectionId, rate: undefined, force: false, handler: 'events' },
    spec: { source: 'archive', path: home.path, fromMs: startMs - dayMs, toMs: startMs + dayMs, ...spec },
    ...{ dryRun: false, nowMs: startMs },
  })
  return world.store.jobs.begin(job.id, startMs)
}

async function drain({ lane }: Job): Promise<DrainResult> {
  const run = world.activities.drain
  const input = { connectionId, lane }
  return new MockActivityEnvironment().run<[DrainInput], DrainResult, typeof run>(run, input)
}

async function replay(archives?: ArchiveAccess, spec?: Partial<ReplaySpec>): Promise<Job> {
  const job = await makeReplay(archives, spec)
  expect(await fill(job)).toEqual({ state: 'done' })
  expect(await drain(job)).toMatchObject({ state: 'done' })
  return (await world.store.jobs.get(job.id)) ?? job
}

async function notes(): Promise<Record<string, number>> {
  const sums: Record<string, number> = {}
  for (const { kind, count } of await world.store.jobs.notes('rpl_1')) sums[kind] = (sums[kind] ?? 0) + count
  return sums
}

describe.each([
  ['a folder', folderHome],
  ['a bucket', bucketHome],
])('createArchiveFiller over %s', (_, open) => {
  beforeEach(async () => {
    world = await createWorld()
    home = await open()
  })
  afterEach(async () => {
    await world.close()
    await home.close()
  })

  it('counts and names what is odd in files, and sends every message that can be read', async () => {
    const members = [gzipSync(`\uFEFF${lines(['u1'])}`), gzipSync(`${line('u2')}\r\n\n`)]
    await home.put(`${today}/1.gz`, Buffer.concat(members))
    await put(
      '2.gz',
      `{"broken\n${line('u3', { properties: { text: 'a\u2028b\u0085c' } })}\nnot json\n${line('u4')}`,
    )
    const long = users(400, 100).map((id) => line(id, { text: randomBytes(60).toString('hex') }))
    const whole = gzipSync(`${lines(['u5'])}${long.join('\n')}`)
    await home.put(`${today}/3.gz`, whole.subarray(0, Math.floor(whole.length / 2)))
    await home.put(`${folder}/${startMs - 9 * dayMs}/late.gz`, gzipSync(lines(['u6', 'u7'])))
    await home.put(`${today}/5.gz`, new Uint8Array())
    await home.put('dummy-object.txt', Buffer.from('x'))
    const { totals } = await replay()
    expect(await notes()).toEqual({
      ...{
        several_members: 1,
        bom: 1,
        crlf: 1,
        blank: 1,
        not_json: 3,
        separator_in_text: 1,
        no_last_newline: 1,
      },
      ...{ other_day: 2, cut: 1, empty: 1 },
    })
    const taken = world.statsig.taken()
    expect(taken).toEqual(expect.arrayContaining(users(7)))
    expect(totals).toMatchObject({ delivered: taken.length, rejected: 3, skipped: 0, pending: 0 })
    expect(totals.accepted).toBe(taken.length + 3)
    const [late] = (await world.store.jobs.notes('rpl_1')).filter(({ kind }) => kind === 'other_day')
    expect(late).toMatchObject({ file: expect.stringContaining('late.gz') as string, detail: 'line 1' })
  })

  it('counts what lies outside the window and what was not asked for, message by message', async () => {
    const at = (ms: number) => ({ receivedAt: new Date(ms).toISOString() })
    const inside = [
      line('u1', at(startMs - dayMs)),
      line('u2', at(startMs + dayMs - 1)),
      line('u3', { event: 'Other' }),
    ]
    const outside = [line('x1', at(startMs - dayMs - 1)), line('x2', at(startMs + dayMs))]
    // Without a receipt its own time counts; without any time it is told.
    const unclear = [
      line('u4', { receivedAt: undefined }),
      line('u5', { receivedAt: 'soon', timestamp: 'later' }),
    ]
    const old = line('x3', { receivedAt: undefined, timestamp: new Date(startMs - 2 * dayMs).toISOString() })
    await put('1.gz', [...inside, ...outside, ...unclear, old].join('\n'))
    const job = await replay(undefined, { events: ['Order Completed'] })
    expect(job).toMatchObject({ outsideWindow: 3, notSelected: 1 })
    expect(job.totals).toMatchObject({ accepted: 4, delivered: 3, rejected: 1 })
    expect(world.statsig.taken()).toEqual(['u1', 'u2', 'u4'])
  })

  it('explains a file that vanished, and reads the others', async () => {
    await put('1.gz', lines(['u1']))
    await put('2.gz', lines(['u2']))
    const job = await replay(withMeddling({ afterList: () => home.remove(`${today}/1.gz`) }))
    expect(job.totals).toMatchObject({ accepted: 1, delivered: 1 })
    expect(await world.store.jobs.notes(job.id)).toEqual([
      { kind: 'vanished', file: `${today}/1.gz`, count: 1, detail: 'before it was read' },
    ])
  })

  it('reads a file as it is when it was rewritten since it was listed, and says so', async () => {
    await put('1.gz', lines(['u1']))
    const job = await replay(withMeddling({ afterList: () => put('1.gz', lines(['u1', 'u2'])) }))
    expect(job.totals).toMatchObject({ accepted: 2, delivered: 2 })
    expect(await notes()).toEqual({ changed: 1 })
  })

  it('names a file that came while others were read, and leaves it to another replay', async () => {
    await put('1.gz', lines(['u1']))
    const job = await replay(withMeddling({ afterList: () => put('2.gz', lines(['u2'])) }))
    expect(job.totals).toMatchObject({ accepted: 1, delivered: 1 })
    expect(await notes()).toEqual({ came_later: 1 })
  })

  it('reads anew a file that is rewritten between two stints, and sends nothing twice', async () => {
    await put('1.gz', lines(users(3_500)))
    let pieces = 0
    const crash = async () => {
      pieces += 1
      if (pieces === 5) throw new Error('the worker dies here')
    }
    const job = await makeReplay(withMeddling({ afterLines: crash }))
    await expect(fill(job)).rejects.toThrow()
    await put('1.gz', lines([...users(3_500), 'more']))
    await fill(job)
    await drain(job)
    expect(await notes()).toEqual({ changed: 1 })
    expect(world.statsig.taken()).toEqual([...users(3_500), 'more'])
    const { totals } = (await world.store.jobs.get(job.id)) ?? job
    expect(totals).toMatchObject({ delivered: 3_501, skipped: totals.accepted - 3_501, pending: 0 })
  })

  it('goes on exactly where a worker died, with every line and every oddity counted once', async () => {
    const text = users(4_200).map((id, n) => (n % 100 === 7 ? `${line(id)}\r` : line(id)))
    await put('1.gz', `${text.join('\n')}\n`)
    await put('2.gz', lines(['last']))
    let pieces = 0
    const crash = async () => {
      pieces += 1
      if ([4, 9].includes(pieces)) throw new Error('the worker dies here')
    }
    const job = await makeReplay(withMeddling({ afterLines: crash }))
    await expect(fill(job)).rejects.toThrow()
    await expect(fill(job)).rejects.toThrow()
    expect(await fill(job)).toEqual({ state: 'done' })
    await drain(job)
    expect(world.statsig.taken()).toEqual([...users(4_200), 'last'])
    expect(await notes()).toEqual({ crlf: 42 })
    const after = await world.store.jobs.get(job.id)
    expect(after?.totals).toMatchObject({ accepted: 4_201, delivered: 4_201, skipped: 0 })
  })

  it('says where in the archive each message stood that was not delivered', async () => {
    await put(
      '1.gz',
      `${line('u1')}\n\n{"broken\n${line('u2', { userId: undefined, anonymousId: undefined })}\n`,
    )
    const job = await replay()
    const rows = await world.store.jobs.report(job.id, 0, 10)
    expect(rows.map(({ reason, item }) => [reason, item])).toEqual([
      ['not_json', 1],
      ['no_id', 2],
    ])
    const { entries } = await world.store.messages.list(connectionId, { messageId: 'm-u1' }, { limit: 5 })
    expect(entries).toMatchObject([{ lane: job.lane, source: job.lane, outcome: 'delivered' }])
    const body: unknown = JSON.parse(
      Buffer.from(await world.store.lanes.body(rows[0]?.requestId ?? 0)).toString(),
    )
    expect(body).toMatchObject({ file: `${today}/1.gz`, lines: [1, 3, 4] })
  })
})
