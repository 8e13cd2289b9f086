// Ingest on a database that cannot be written for a while: full, read-only, busy. The real store, the real faults.
import Database from 'better-sqlite3'
import { MockActivityEnvironment } from '@temporalio/testing'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { createDrain, type DrainInput, type DrainResult } from '../../activities/drain.ts'
import { createStatsigHandler } from '../../activities/statsig-handler.ts'
import { createWatch } from '../../activities/watch.ts'
import { createSecretBox } from '../../db/secret-box.ts'
import { createStore } from '../../db/store.ts'
import { openForTest, temporaryFile } from '../db/temporary.ts'
import { createApiWorld, type ApiWorld } from '../support/fake-deps.ts'
import { ScriptedStatsig, users } from '../support/world.ts'

let world: ApiWorld
let statsig: ScriptedStatsig
let sqlite: Database.Database
let path: string
let next = 0
/** Users whose messages were answered with 200. */
let accepted: string[]

beforeEach(async () => {
  path = temporaryFile()
  const db = openForTest(path, { busyMsMax: 100 })
  sqlite = db.sqlite
  const store = createStore(db, createSecretBox(Buffer.alloc(32, 7)))
  world = createApiWorld(() => ({ store }))
  onTestFinished(() => world.close())
  await store.connections.create({
    ...{
      id: 'con_1',
      name: 'Test',
      setup: 'manual',
      writeKey: 'wk',
      keys: { 'statsig.serverKey': 'secret-1' },
    },
    ...{ settings: (await world.connect('con_0')).settings, nowMs: world.clock.ms },
  })
  statsig = new ScriptedStatsig()
  next = 0
  accepted = []
})

/** One request of some kilobytes; each message has a user of its own. */
async function send(count = 1): Promise<Response> {
  const sent = users(count, next + 1)
  next += count
  const batch = sent.map((userId) => ({
    ...{ type: 'track', event: 'Kept', userId, messageId: `m-${userId}` },
    properties: { text: 'x'.repeat(4_000 / count) },
  }))
  const response = await world.app.request('/v1/batch', {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from('wk:').toString('base64')}` },
    body: JSON.stringify({ batch }),
  })
  if (response.status === 200) accepted.push(...sent)
  return response
}

async function drain(): Promise<DrainResult> {
  const { connections, lanes, erasures, jobs } = world.deps.store
  const events = createStatsigHandler({ connections, statsig, tooOldAfterMs: 7 * 86_400_000 })
  const activity = createDrain({
    ...{ connections, lanes, erasures, jobs, handlers: { events } },
    watch: createWatch(() => lanes.version()),
    ...{ clock: world.clock, log: world.log, timing: { lingerMs: 0 } },
  })
  return new MockActivityEnvironment().run<[DrainInput], DrainResult, typeof activity>(activity, {
    ...{ connectionId: 'con_1', lane: 'events' },
  })
}

const totals = async () => {
  const stats = await world.deps.store.stats.read('con_1', { sinceMs: 0, stepMs: 60_000 })
  return stats.find(({ lane }) => lane === 'events')?.totals
}

interface Fault {
  begin: () => void
  end: () => void
}
const faults: [what: string, code: string, fault: () => Fault][] = [
  [
    'the disk is full',
    'store_failed',
    () => ({
      begin: () => sqlite.pragma(`max_page_count = ${Number(sqlite.pragma('page_count', { simple: true }))}`),
      end: () => sqlite.pragma('max_page_count = 1073741823'),
    }),
  ],
  [
    'the database is read-only',
    'store_failed',
    () => ({ begin: () => sqlite.pragma('query_only = ON'), end: () => sqlite.pragma('query_only = OFF') }),
  ],
  [
    'another process holds the database',
    'store_busy',
    () => {
      const other = new Database(path)
      return { begin: () => other.exec('BEGIN IMMEDIATE'), end: () => other.exec('COMMIT').close() }
    },
  ],
]

describe.each(faults)('while %s', (_, code, makeFault) => {
  it('ingest answers 503 with Retry-After, heals by itself, and nothing that it accepted is lost', async () => {
    const fault = makeFault()
    for (let i = 0; i < 3; i += 1) expect((await send()).status).toBe(200)
    fault.begin()
    const refused: Response[] = []
    // A full file has room on its last pages for some more; what is accepted there is kept like all else.
    while (refused.length < 5 && next < 100) {
      const response = await send()
      if (response.status !== 200) refused.push(response)
    }
    expect(refused).toHaveLength(5)
    for (const response of refused) {
      expect(response.status).toBe(503)
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(response.headers.get('access-control-allow-origin')).toBe('*')
      expect(await response.json()).toMatchObject({ status: 503, code })
    }
    expect(await totals()).toMatchObject({ accepted: accepted.length, pending: accepted.length })
    fault.end()
    expect((await send()).status).toBe(200)
    expect((await world.app.request('/healthz')).status).toBe(200)
    expect(await drain()).toMatchObject({ state: 'asleep', entries: accepted.length })
    expect(statsig.taken()).toEqual(accepted)
  })

  it('a drain sends nothing, fails in a way that is tried again, and goes on when it is over', async () => {
    const fault = makeFault()
    for (let i = 0; i < 3; i += 1) expect((await send(1_000)).status).toBe(200)
    fault.begin()
    await expect(drain()).rejects.toMatchObject({ type: code, nonRetryable: false })
    // The claim comes before the send: a database that takes none sends nothing that it could not record.
    expect(statsig.requests).toHaveLength(0)
    fault.end()
    expect(await drain()).toMatchObject({ state: 'asleep', entries: 3_000 })
    expect(await totals()).toMatchObject({ accepted: 3_000, delivered: 3_000, pending: 0 })
    expect(statsig.taken()).toEqual(accepted)
  })
})
