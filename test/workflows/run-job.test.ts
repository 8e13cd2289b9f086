import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import type { WorkflowBundleWithSourceMap } from '@temporalio/worker'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { entryId } from '../../core/ids.ts'
import type { RedriveSpec, ReplaySpec } from '../../core/jobs.ts'
import { startTimeSkipping } from '../support/temporal.ts'
import { connectionId, createWorld, startMs, track, users, type World } from '../support/world.ts'
import { jobOf, makeJob, startJob } from './job-support.ts'
import { bundle, quiet, until, wake, workerOf } from './support.ts'

const day = 86_400_000
const window: ReplaySpec = { source: 'store', fromMs: startMs - day, toMs: startMs + day }
const rejected: RedriveSpec = { outcome: 'rejected', lanes: ['events', 'late'] }

let environment: TestWorkflowEnvironment
let code: WorkflowBundleWithSourceMap
let world: World

beforeAll(async () => {
  quiet()
  code = await bundle()
})
beforeEach(async () => {
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

/** Appends and drains these in the lane `events`. */
async function drained(messages: object[]): Promise<void> {
  await world.appendMessages(messages)
  await wake(environment)
  await until(async () => {
    const { state, pending } = await world.lane()
    return state === 'asleep' && pending === 0
  })
}

const sums = ({ accepted = 0, ...rest }: Record<string, number>) =>
  accepted - Object.values(rest).reduce((sum, n) => sum + n, 0)

describe('redriveMessages', () => {
  it('sends what was rejected again once the mapping lets it, and the original shows the new outcome', async () => {
    const anonymous = { type: 'track', event: 'E', anonymousId: undefined, properties: { company: 'c1' } }
    await whileWorking(async () => {
      await drained([
        track('u1'),
        { ...anonymous, messageId: 'no-id-1' },
        { ...anonymous, messageId: 'no-id-2' },
      ])
      expect(await world.totals()).toMatchObject({ delivered: 1, rejected: 2 })
      await world.store.connections.update(
        connectionId,
        (before) => ({
          settings: {
            ...before.settings,
            identifiers: [...before.settings.identifiers, { from: 'properties.company', to: 'companyID' }],
          },
        }),
        startMs,
      )
      const job = await makeJob(world, 'redrive', rejected)
      await (await startJob(environment, job)).result()
      const after = await jobOf(world, job.id)
      expect(after).toMatchObject({ status: 'completed', totals: { accepted: 2, delivered: 2, pending: 0 } })
      expect(await world.totals()).toMatchObject({ accepted: 3, delivered: 3, rejected: 0, pending: 0 })
      const { entries } = await world.store.messages.list(connectionId, { lane: 'events' }, { limit: 10 })
      expect(entries.map(({ outcome, settingsVersion }) => [outcome, settingsVersion])).toEqual([
        ['delivered', 2],
        ['delivered', 2],
        ['delivered', 1],
      ])
      // Each message is listed once: where it was. The redrive's own lane has to be asked for.
      const listed = await world.store.messages.list(connectionId, {}, { limit: 10 })
      expect(listed.entries.map(({ lane }) => lane)).toEqual(['events', 'events', 'events'])
      const own = await world.store.messages.list(connectionId, { lane: job.lane }, { limit: 10 })
      expect(own.entries.map(({ source }) => source)).toEqual(['tracking', 'tracking'])
      // A second one finds nothing that is still rejected.
      const again = await makeJob(world, 'redrive', rejected)
      await (await startJob(environment, again)).result()
      expect((await jobOf(world, again.id)).totals.accepted).toBe(0)
    })
    expect(world.statsig.taken()).toHaveLength(3)
  })

  it('takes nothing twice and keeps every sum while it runs and is killed', async () => {
    await whileWorking(async () => {
      world.statsig.script = () => 400
      await drained(users(30).map((id) => track(id)))
      expect(await world.totals()).toMatchObject({ rejected: 30 })
    })
    world.statsig.script = () => 202
    const job = await makeJob(world, 'redrive', rejected)
    // Taken by a filler that then dies, and by the workflow's after it.
    const lease = await world.store.jobs.openFill(job.id, startMs)
    await world.store.jobs.begin(job.id, startMs)
    await world.store.jobs.redrive(lease, 10, startMs)
    expect(await world.totals()).toMatchObject({ accepted: 30, rejected: 20, pending: 10 })
    await whileWorking(async () => {
      const running = (await startJob(environment, job)).result()
      for (let isOver = false; !isOver;) {
        expect(sums(await world.totals())).toBe(0)
        isOver = await Promise.race([
          running.then(() => true),
          new Promise<boolean>((r) => setTimeout(r, 5, false)),
        ])
      }
    })
    expect(await world.totals()).toMatchObject({ accepted: 30, delivered: 30, rejected: 0, pending: 0 })
    expect((await jobOf(world, job.id)).totals).toMatchObject({ accepted: 30, delivered: 30 })
    expect(world.statsig.taken().sort()).toEqual(users(30).sort())
  })

  it('leaves what it did not send as it was when it is cancelled', async () => {
    await whileWorking(async () => {
      world.statsig.script = () => 400
      await drained(users(5).map((id) => track(id)))
      world.statsig.script = () => 503
      const job = await makeJob(world, 'redrive', rejected)
      const run = await startJob(environment, job)
      await until(async () => (await world.totals()).pending === 5)
      const listed = await world.store.messages.list(connectionId, { outcome: 'pending' }, { limit: 10 })
      expect(listed.entries.filter(({ lane }) => lane === 'events')).toHaveLength(5)
      await run.executeUpdate('cancel')
      await run.result()
      expect(await jobOf(world, job.id)).toMatchObject({
        status: 'cancelled',
        unsent: 5,
        totals: { accepted: 0 },
      })
      expect(await world.totals()).toMatchObject({ accepted: 5, rejected: 5, pending: 0 })
      const { entries } = await world.store.messages.list(connectionId, { lane: 'events' }, { limit: 1 })
      expect(entries[0]).toMatchObject({ outcome: 'rejected', reason: 'vendor_refused' })
    })
  }, 120_000)
})

describe('replayBackfill', () => {
  it('forwards what is held again, but for what was delivered, and leaves the originals alone', async () => {
    await whileWorking(async () => {
      await drained([...users(3).map((id) => track(id)), { type: 'track', event: 'E', messageId: 'x' }])
      const job = await makeJob(world, 'replay', window)
      await (await startJob(environment, job)).result()
      expect(await jobOf(world, job.id)).toMatchObject({
        status: 'completed',
        totals: { accepted: 4, skipped: 3, rejected: 1, pending: 0 },
      })
      expect(await world.totals()).toMatchObject({ accepted: 4, delivered: 3, rejected: 1 })
    })
    expect(world.statsig.taken()).toEqual(users(3))
  })

  it('by force sends again what was delivered, once each', async () => {
    await whileWorking(async () => {
      await drained([...users(3).map((id) => track(id)), track('u1')])
      const job = await makeJob(world, 'replay', window, { force: true })
      await (await startJob(environment, job)).result()
      expect((await jobOf(world, job.id)).totals).toMatchObject({ accepted: 4, delivered: 3, skipped: 1 })
    })
    expect(world.statsig.taken()).toEqual([...users(3), ...users(3)])
  })

  it('is paused for six days and then loses nothing', async () => {
    await whileWorking(async () => {
      await drained(users(20).map((id) => track(id)))
      const job = await makeJob(world, 'replay', window, { force: true, rate: 10 })
      const run = await startJob(environment, job)
      await until(async () => (await jobOf(world, job.id)).totals.delivered > 0)
      expect(await run.executeUpdate('pause')).toMatchObject({ status: 'paused' })
      // What a person reads in the Temporal Web UI.
      const shown = await run.query<{ currentDetails: string }>('__temporal_workflow_metadata')
      expect(shown.currentDetails).toMatch(/^\*\*paused\*\*: Forwards .*\*\*\d+\*\* of 20 done/s)
      const sent = () => world.statsig.requests.length
      await until(async () => {
        const before = sent()
        await new Promise((resolve) => setTimeout(resolve, 800))
        return before === sent()
      })
      const paused = sent()
      await environment.sleep('6 days')
      expect(sent()).toBe(paused)
      expect(await jobOf(world, job.id)).toMatchObject({ status: 'paused' })
      await run.executeUpdate('rate', { args: [null] })
      expect(await run.executeUpdate('resume')).toMatchObject({ status: 'running', rate: null })
      await run.result()
      expect(await jobOf(world, job.id)).toMatchObject({ status: 'completed', totals: { delivered: 20 } })
    })
    expect(world.statsig.taken()).toEqual([...users(20), ...users(20)])
  }, 120_000)

  it('refuses a change once it has ended, and a rate that is none', async () => {
    await whileWorking(async () => {
      await drained(users(2).map((id) => track(id)))
      world.statsig.script = () => 503
      const job = await makeJob(world, 'replay', window, { force: true })
      const run = await startJob(environment, job)
      await until(async () => (await jobOf(world, job.id)).totals.accepted === 2)
      await expect(run.executeUpdate('rate', { args: [0] })).rejects.toMatchObject({
        cause: { type: 'invalid_request' },
      })
      expect(await run.executeUpdate('cancel')).toMatchObject({ status: 'cancelled' })
      expect(await run.result()).toMatchObject({ status: 'cancelled' })
      expect(await jobOf(world, job.id)).toMatchObject({ status: 'cancelled', unsent: 2 })
      await expect(world.store.jobs.steer(job.id, 'pause', startMs)).rejects.toMatchObject({
        code: 'job_over',
      })
      expect((await world.store.connections.lanes(connectionId)).map(({ lane }) => lane)).not.toContain(
        job.lane,
      )
    })
  }, 120_000)

  it('goes through an archive with all that is odd in it, and says so', async () => {
    const line = (id: string, rest: object = {}) =>
      JSON.stringify({ ...track(id), receivedAt: new Date(startMs).toISOString(), ...rest })
    const old = new Date(startMs - 8 * day).toISOString()
    const folder = join(dirname(world.path), 'segment-logs/source/1767571200000')
    mkdirSync(folder, { recursive: true })
    const members = [`\uFEFF${line('u1')}\r\n`, `${line('u2', { text: 'a\u2028b' })}\n\n`].map((text) =>
      gzipSync(text),
    )
    writeFileSync(join(folder, '1.gz'), Buffer.concat(members))
    writeFileSync(
      join(folder, '2.gz'),
      gzipSync(`{"broken\n${line('u3', { receivedAt: old })}\n${line('u4')}`),
    )
    writeFileSync(join(folder, '3.gz'), gzipSync(`${line('u5', { timestamp: old })}\n${line('u6')}\n`))
    writeFileSync(join(folder, 'dummy-object.txt'), 'x')
    await whileWorking(async () => {
      await drained([track('u6')])
      const spec: ReplaySpec = { ...window, source: 'archive', path: dirname(world.path) }
      const dry = await makeJob(world, 'replay', spec, { dryRun: true })
      await (await startJob(environment, dry)).result()
      expect((await jobOf(world, dry.id)).plan).toMatchObject({
        ...{ total: 6, deliverable: 3, delivered: 1, tooOld: 1, outsideWindow: 1 },
        ...{ rejected: { not_json: 1 }, byEvent: { 'Order Completed': 5 } },
      })
      const job = await makeJob(world, 'replay', spec)
      await (await startJob(environment, job)).result()
      const after = await jobOf(world, job.id)
      expect(after).toMatchObject({
        status: 'completed',
        outsideWindow: 1,
        totals: { accepted: 6, delivered: 3, skipped: 2, rejected: 1 },
      })
      const notes = Object.fromEntries(
        (await world.store.jobs.notes(job.id)).map(({ kind, count }) => [kind, count]),
      )
      expect(notes).toEqual({
        ...{ several_members: 1, bom: 1, crlf: 1, blank: 1, not_json: 1, no_last_newline: 1 },
        ...{ separator_in_text: 1, other_day: 1 },
      })
      const report = await world.store.jobs.report(job.id, 0, 10)
      expect(report.map(({ reason }) => reason)).toEqual(['not_json', 'too_old', 'duplicate'])
      const story = await world.store.messages.get(entryId(after.laneId, report[0]?.seq ?? 0))
      expect(story).toMatchObject({ outcome: 'rejected', reason: 'not_json' })
    })
    expect(world.statsig.taken()).toEqual(['u6', 'u1', 'u2', 'u4'])
  })
})
