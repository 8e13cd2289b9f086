import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createApiWorld, nowMs, type ApiWorld } from '../support/fake-deps.ts'
import { leaseOf } from '../support/end-entries.ts'
import { makeTrack } from '../support/make-event.ts'

let world: ApiWorld
let full: boolean
let sandbox: () => Promise<boolean>
/** Writes that asked whether the store can be written. */
let probes: number
beforeEach(async () => {
  full = false
  sandbox = () => Promise.resolve(true)
  probes = 0
  world = createApiWorld(({ store }) => {
    const probe = (nowMs: number) => {
      probes += 1
      return store.processes.probe(nowMs)
    }
    return {
      ...{ isDiskFull: () => full, probeSandbox: () => sandbox() },
      store: { ...store, processes: { ...store.processes, probe } },
    }
  })
  await world.connect('con_1', { keys: { 'statsig.serverKey': 'secret-a' } })
  await beat()
})
afterEach(() => world.close())

async function beat(...names: string[]): Promise<void> {
  for (const name of names.length > 0 ? names : ['worker', 'bulk-worker'])
    await world.store.processes.beat(name, world.clock.ms)
}

interface Ready {
  ready: boolean
  checks: Record<string, { ok: boolean; reason?: string }>
}
async function readyz() {
  const response = await world.app.request('/readyz')
  const { ready, checks } = (await response.json()) as Ready
  expect(ready).toBe(response.status === 200)
  const failing = Object.entries(checks).filter(([, { ok }]) => !ok)
  for (const [, { reason }] of failing) expect(reason).toMatch(/\w/)
  return { status: response.status, checks: Object.keys(checks), failing: failing.map(([name]) => name) }
}
const healthz = async () => (await world.app.request('/healthz')).status

async function accept(message: object): Promise<void> {
  const body = JSON.stringify({ batch: [message], writeKey: 'wk-con_1' })
  expect((await world.app.request('/v1/batch', { method: 'POST', body })).status).toBe(200)
}

/** Time passes, and the workers go on living. */
async function pass(ms: number): Promise<void> {
  world.clock.ms += ms
  await beat()
}

describe('registerHealth', () => {
  describe('/healthz', () => {
    it('is 200 while the store can be written, whatever else fails', async () => {
      world.starter.isReachable = false
      world.clock.ms += 3_600_000
      expect(await healthz()).toBe(200)
    })

    it('is 503 when the store cannot be written, or the disk is at its limit', async () => {
      full = true
      expect(await healthz()).toBe(503)
      full = false
      expect(await healthz()).toBe(200)
      await world.store.close()
      world.clock.ms += 1_000
      expect(await healthz()).toBe(503)
    })

    it('writes once a second at most, however many ask, of this and of readiness', async () => {
      const ask = () => Promise.all([healthz(), healthz(), readyz(), healthz()])
      await ask()
      world.clock.ms += 999
      await ask()
      expect(probes).toBe(1)
      world.clock.ms += 1
      await ask()
      expect(probes).toBe(2)
    })

    it('writes anew when the clock was put back', async () => {
      await healthz()
      world.clock.ms -= 3_600_000
      await healthz()
      expect(probes).toBe(2)
    })

    it('sees within a second that the store can be written again', async () => {
      const busy = new Database(world.path)
      busy.exec('ALTER TABLE processes RENAME TO gone')
      expect(await healthz()).toBe(503)
      busy.exec('ALTER TABLE gone RENAME TO processes')
      busy.close()
      expect(await healthz()).toBe(503)
      world.clock.ms += 1_000
      expect(await healthz()).toBe(200)
    })
  })

  describe('/readyz', () => {
    it('is 200 with every check named when all is well', async () => {
      expect(await readyz()).toEqual({
        ...{ status: 200, failing: [] },
        checks: ['store', 'temporal', 'worker', 'bulk-worker', 'lanes', 'sandbox'],
      })
    })

    it('has no sandbox check where none was started', async () => {
      await world.close()
      world = createApiWorld()
      await beat()
      expect(await readyz()).toMatchObject({
        status: 200,
        checks: expect.not.arrayContaining(['sandbox']) as [],
      })
    })

    it.each<[string, string, () => unknown]>([
      ['Temporal cannot be reached', 'temporal', () => (world.starter.isReachable = false)],
      [
        'Temporal’s client throws',
        'temporal',
        () => (world.starter.reachable = () => Promise.reject(new Error('no client'))),
      ],
      ['the sandbox says no', 'sandbox', () => (sandbox = () => Promise.resolve(false))],
      ['the sandbox hangs up', 'sandbox', () => (sandbox = () => Promise.reject(new Error('ECONNRESET')))],
      ['the disk is at its limit', 'store', () => (full = true)],
    ])('is 503 for that alone when %s', async (_, name, fail) => {
      fail()
      expect(await readyz()).toMatchObject({ status: 503, failing: [name] })
    })

    it.each([
      ['worker', 'bulk-worker'],
      ['bulk-worker', 'worker'],
    ])('is 503 for that alone when the %s shows no life for 20 s', async (dead, alive) => {
      world.clock.ms += 19_999
      expect(await readyz()).toMatchObject({ status: 200 })
      world.clock.ms += 1
      await beat(alive)
      expect(await readyz()).toMatchObject({ status: 503, failing: [dead] })
      await beat(dead)
      expect(await readyz()).toMatchObject({ status: 200 })
    })

    it('is 503 for the workers when none has ever lived', async () => {
      await world.close()
      world = createApiWorld()
      expect(await readyz()).toMatchObject({ status: 503, failing: ['worker', 'bulk-worker'] })
    })

    it('is 503 with all that cannot be read, and no error, when the store is gone', async () => {
      await world.store.close()
      expect(await readyz()).toMatchObject({
        ...{ status: 503, failing: ['store', 'worker', 'bulk-worker', 'lanes'] },
      })
    })
  })

  describe('/readyz on lanes', () => {
    it('is 503 when work has waited for two minutes and no drain has shown life', async () => {
      await accept(makeTrack())
      await pass(120_000)
      expect(await readyz()).toMatchObject({ status: 200 })
      await pass(1)
      expect(await readyz()).toMatchObject({ status: 503, failing: ['lanes'] })
    })

    it('is 200 while a drain shows life, however long work waits', async () => {
      await accept(makeTrack())
      await pass(3_600_000)
      const lease = await leaseOf(world.store, 'con_1', 'events')
      const attempt = {
        firstSeq: 1,
        lastSeq: 1,
        atMs: world.clock.ms,
        durationMs: 5,
        entries: 1,
        settingsVersion: 1,
      }
      const failed = { ...attempt, status: 503, code: 'statsig.unavailable', answer: 'down' }
      await world.store.lanes.fail(lease, [failed], 'Statsig answers 503')
      await pass(60_000)
      expect(await readyz()).toMatchObject({ status: 200 })
    })

    it('is 200 while the lane, or the whole connection, is paused, though its lane sleeps', async () => {
      await accept(makeTrack())
      for (const paused of [true, { events: true }]) {
        await world.call('PATCH', '/api/v1/connections/con_1', { paused })
        await pass(3_600_000)
        expect(await readyz()).toMatchObject({ status: 200 })
        await world.call('PATCH', '/api/v1/connections/con_1', { paused: false })
      }
      await world.call('PATCH', '/api/v1/connections/con_1', { paused: { events: false } })
      await pass(3_600_000)
      expect(await readyz()).toMatchObject({ status: 503, failing: ['lanes'] })
    })

    it('is 200 while the lane needs attention', async () => {
      await accept(makeTrack())
      const lease = await leaseOf(world.store, 'con_1', 'events')
      await world.store.lanes.hold(lease, 'needs_attention', '401', nowMs)
      await pass(3_600_000)
      expect(await readyz()).toMatchObject({ status: 200 })
    })
  })
})
