/** exportOutbound on a time-skipping server, a real store, and the sandbox's Segment over loopback. */
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import type { WorkflowBundleWithSourceMap } from '@temporalio/worker'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createActivities } from '../../activities/index.ts'
import { outboundHandlers } from '../../bin/outbound-handlers.ts'
import type { ExportSpec } from '../../core/jobs.ts'
import type { NewJob } from '../../core/ports.ts'
import { ConnectionSettings } from '../../core/settings.ts'
import { serveSandbox } from '../../sandbox/serve.ts'
import { startTimeSkipping } from '../support/temporal.ts'
import { connectionId, createWorld, startMs, type World } from '../support/world.ts'
import { jobOf, makeJob, startJob } from './job-support.ts'
import { bundle, quiet, until, wake, workerOf } from './support.ts'

const hour = 3_600_000
const window: ExportSpec = { fromMs: startMs, toMs: startMs + hour }

let environment: TestWorkflowEnvironment
let code: WorkflowBundleWithSourceMap
let world: World
let segment: { origin: string; close: () => Promise<void> }
let activities: World['activities']

beforeAll(async () => {
  quiet()
  code = await bundle()
})
beforeEach(async () => {
  let n = 0
  segment = await serveSandbox({ port: 0, nowMs: () => startMs, newId: () => `id-${(n += 1)}` })
  environment = await startTimeSkipping()
  world = await createWorld()
  const urls = {
    ...{ segmentTrackingUrl: `${segment.origin}/v1`, segmentCdnUrl: `${segment.origin}/v1` },
    statsigConsoleUrl: `${segment.origin}/console/v1`,
  }
  const wayBack = outboundHandlers(world.store.connections, world.statsig, urls, world.deps.log)
  const handlers = { ...world.deps.handlers, ...wayBack }
  activities = createActivities({ ...world.deps, handlers, timing: { lingerMs: 0, fillMs: 0 } })
  await world.store.connections.update(
    connectionId,
    { keys: { 'segment.writeKey': 'source-server' } },
    startMs,
  )
})
afterEach(async () => {
  await environment.teardown()
  await world.close()
  await segment.close()
})

async function whileWorking(story: () => Promise<void>): Promise<void> {
  const worker = await workerOf(environment, code, { activities })
  await worker.runUntil(story)
}

const set = (settings: object) =>
  world.store.connections.update(connectionId, { settings: ConnectionSettings.parse(settings) }, startMs)
const event = (n: number) => ({ eventName: 'Bought', user: { userID: `u${n}` }, time: startMs, value: n })
const exposure = (n: number, user = 'u') => ({
  ...{ eventName: 'statsig::gate_exposure', user: { userID: user }, time: startMs + n, value: null },
  metadata: { gate: 'g' },
})

/** Logged so long after the beginning of the window, by an SDK. */
async function logged(events: object[], afterMs = 0): Promise<void> {
  await world.store.inbox.append({
    ...{ connectionId, receivedAtMs: startMs + afterMs, source: 'statsig_sdk', call: 'log_event:server' },
    ...{ callerIp: undefined, body: Buffer.from(JSON.stringify({ events })) },
    lanes: [{ lane: 'outbound', items: undefined, count: events.length, sole: true }],
  })
}
async function drained(events: object[]): Promise<void> {
  await logged(events)
  await wake(environment, 'outbound')
  await until(async () => {
    const { state, pending } = await world.lane('outbound')
    return state === 'asleep' && pending === 0
  })
}
async function exported(given: Partial<NewJob> = {}): Promise<string> {
  const job = await makeJob(world, 'export', window, { handler: 'outbound', ...given })
  await (await startJob(environment, job)).result()
  return job.id
}
const atSegment = async (path = 'messages') =>
  (await (await fetch(`${segment.origin}/_sandbox/segment/${path}`)).json()) as {
    messageId: string
    userId: string
    messageCount: number
  }[]

describe('exportOutbound', () => {
  it('sends what was not sent, plans it first, and leaves what Segment has', async () => {
    await whileWorking(async () => {
      await drained([event(1), event(2)])
      await world.store.connections.update(connectionId, { keys: { 'segment.writeKey': null } }, startMs)
      await drained([event(3), event(4), { ...event(5), user: {} }])
      await world.store.connections.update(
        connectionId,
        { keys: { 'segment.writeKey': 'source-server' } },
        startMs,
      )
      await logged([event(9)], hour)
      const planned = await jobOf(world, await exported({ dryRun: true }))
      expect(planned).toMatchObject({
        status: 'planned',
        plan: { total: 5, deliverable: 2, delivered: 2, rejected: { no_id: 1 } },
      })
      expect(await atSegment()).toHaveLength(2)
      const id = await exported()
      expect(await jobOf(world, id)).toMatchObject({
        status: 'completed',
        totals: { accepted: 5, delivered: 2, skipped: 2, rejected: 1, pending: 0 },
      })
      expect((await atSegment()).map(({ userId }) => userId)).toEqual(['u1', 'u2', 'u3', 'u4'])
      const report = await world.store.jobs.report(id, 0, 10)
      expect(report.map(({ outcome, reason }) => `${outcome} ${reason ?? ''}`)).toEqual([
        'skipped duplicate',
        'skipped duplicate',
        'rejected no_id',
      ])
      expect((await jobOf(world, await exported())).totals).toMatchObject({ delivered: 0, skipped: 4 })
    })
  }, 60_000)

  it('by force sends all of the window again, as one batch, under the same messageIds', async () => {
    await whileWorking(async () => {
      await drained([event(1), event(2), event(2)])
      const before = await atSegment()
      await exported({ force: true })
      const again = (await atSegment()).slice(before.length)
      expect(again.map(({ messageId }) => messageId)).toEqual(before.map(({ messageId }) => messageId))
      expect((await atSegment('requests')).map(({ messageCount }) => messageCount)).toEqual([3, 3])
    })
  }, 60_000)

  it('by force sends the first exposures of the window again, and not the later ones', async () => {
    await set({ filters: { outbound: { firstExposureOnly: true } } })
    await whileWorking(async () => {
      await drained([exposure(1), exposure(2), exposure(1, 'other')])
      expect((await jobOf(world, await exported())).totals).toMatchObject({ delivered: 0 })
      for (let round = 0; round < 2; round += 1) {
        const { totals } = await jobOf(world, await exported({ force: true }))
        expect(totals).toMatchObject({ delivered: 2, filtered: 1 })
      }
      expect(await atSegment()).toHaveLength(6)
    })
  }, 60_000)

  it('waits for no full hour, which is about the stream alone', async () => {
    await set({ outbound: { flushEvery: 'daily' } })
    await logged([event(1)])
    await whileWorking(async () => {
      expect((await jobOf(world, await exported())).totals).toMatchObject({ delivered: 1 })
    })
  }, 60_000)

  it('is held by a pause, goes on, and ends by a cancel with what was not sent', async () => {
    await logged(Array.from({ length: 30 }, (_, n) => event(n)))
    await whileWorking(async () => {
      const job = await makeJob(world, 'export', window, { handler: 'outbound', rate: 5 })
      const run = await startJob(environment, job)
      const delivered = async () => (await jobOf(world, job.id)).totals.delivered
      await until(async () => (await delivered()) > 0)
      expect(await run.executeUpdate('pause')).toMatchObject({ status: 'paused' })
      await environment.sleep('3 days')
      const paused = await delivered()
      expect(paused).toBeLessThan(30)
      expect(await run.executeUpdate('resume')).toMatchObject({ status: 'running' })
      await until(async () => (await delivered()) > paused)
      expect(await run.executeUpdate('cancel')).toMatchObject({ status: 'cancelled' })
      await run.result()
      const { unsent, totals } = await jobOf(world, job.id)
      expect(unsent + totals.delivered).toBe(30)
      expect(await atSegment()).toHaveLength(totals.delivered)
    })
  }, 60_000)
})
