// The whole product as `npm start` runs it, on one start: its first event, a batch by Segment's SDK, a revoked key, and at the end
// Temporal's database lost.
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Analytics } from '@segment/analytics-node'
import { Client, Connection as TemporalConnection } from '@temporalio/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { searchAttributes } from '../../core/search-attributes.ts'
import type { housekeeping as housekeepingWorkflow } from '../../workflows/index.ts'
import { startCauseway, waitFor, type Causeway, type ListedEntry, type Stats } from './causeway.ts'

interface Connection {
  id: string
  status: string
  writeKey: string
  lanes: Record<string, { state: string; reason?: string; pending: number; workflowId: string }>
}
interface StatsigEvent {
  eventName: string
  time: number
  value?: number | string
  user: {
    userID?: string
    customIDs?: Record<string, string>
    custom?: Record<string, unknown>
    statsigEnvironment?: { tier: string }
  }
  metadata: Record<string, string>
}

let causeway: Causeway

beforeAll(async () => {
  causeway = await startCauseway()
}, 180_000)
afterAll(async () => {
  await causeway.stop()
  causeway.cleanUp()
}, 60_000)

const connect = (name: string, serverKey: string): Promise<Connection> =>
  causeway.api('POST', '/connections', { name, setup: 'manual', statsig: { serverKey } })
const read = (id: string): Promise<Connection> => causeway.api('GET', `/connections/${id}`)
const totals = async (id: string) =>
  (await causeway.api<Stats>('GET', `/connections/${id}/stats`)).inbound.totals
const arrived = async (name: string) =>
  (await causeway.sandbox<StatsigEvent[]>('GET', '/statsig/events')).filter(
    ({ eventName }) => eventName === name,
  )

/** The SDK as a user has it, with our address and nothing else changed. */
const sdk = (writeKey: string, flushAt: number): Analytics =>
  new Analytics({ writeKey, host: causeway.url, flushAt, flushInterval: 1_000 })

describe('npm start', () => {
  it('shows one real event on its way to Statsig', () => {
    expect(causeway.output()).toMatch(/SANDBOX/)
    expect(causeway.output()).toMatch(/delivered +\+\d+ ms/)
  })

  it('is ready, and says so check by check', async () => {
    const answer = await fetch(`${causeway.url}/readyz`)
    expect(await answer.json()).toMatchObject({
      ready: true,
      checks: { temporal: { ok: true }, worker: { ok: true } },
    })
  })
})

describe('100 messages by the Segment SDK in one batch', () => {
  it('arrive as the Statsig events that the mission describes, each with its outcome', async () => {
    const { id, writeKey } = await connect('Batch', 'secret-batch')
    const analytics = sdk(writeKey, 100)
    const at = new Date(Date.now() - 60_000)
    for (let n = 0; n < 100; n += 1) {
      const special = {
        statsigCustomIDs: ['companyID', `company-${n}`],
        statsigCustom: ['isVIP', 'true', 'marketing_campaign', 'abx343'],
        statsigEnvironment: { tier: 'staging' },
      }
      const properties = { n, sku: 'a1', revenue: 19.5, ...(n % 2 === 0 ? special : {}) }
      analytics.track({
        userId: `u${n}`,
        anonymousId: `anon${n}`,
        event: 'Batch Bought',
        messageId: `batch-${n}`,
        timestamp: at,
        properties,
      })
    }
    await analytics.closeAndFlush()
    await waitFor(async () => (await totals(id)).delivered === 100, 20_000)

    const events = await arrived('segment::Batch Bought')
    expect(events).toHaveLength(100)
    for (const event of events) {
      const n = Number(event.metadata.n)
      const special = n % 2 === 0
      expect(event.user.userID).toBe(`u${n}`)
      expect(event.user.customIDs).toEqual({
        segmentAnonymousId: `anon${n}`,
        ...(special ? { companyID: `company-${n}` } : {}),
      })
      expect(event.user.statsigEnvironment).toEqual({ tier: special ? 'staging' : 'production' })
      expect(event.user.custom).toEqual(special ? { isVIP: 'true', marketing_campaign: 'abx343' } : undefined)
      expect(event.value).toBe(19.5)
      expect(Math.abs(event.time - at.getTime())).toBeLessThan(2_000)
      expect(Object.keys(event.metadata).filter((key) => key.startsWith('statsig'))).toEqual([])
    }
    const { data } = await causeway.api<{ data: ListedEntry[] }>(
      'GET',
      `/connections/${id}/messages?limit=500`,
    )
    const outcomes = new Map(data.map(({ messageId, outcome }) => [messageId, outcome]))
    expect(outcomes.size).toBe(100)
    expect(new Set(outcomes.values())).toEqual(new Set(['delivered']))
  }, 60_000)
})

describe('a revoked key', () => {
  it('needs attention within one attempt; events are accepted still, and the new key delivers them all', async () => {
    const { id, writeKey } = await connect('Revoked', 'secret-revoked-1')
    const analytics = sdk(writeKey, 10)
    for (let n = 0; n < 10; n += 1)
      analytics.track({ userId: `u${n}`, event: 'Kept', messageId: `kept-${n}` })
    await waitFor(async () => (await read(id)).status === 'needs_attention', 15_000)
    const { data } = await causeway.api<{ data: ListedEntry[] }>(
      'GET',
      `/connections/${id}/messages?outcome=pending`,
    )
    const story = await causeway.api<{ attempts: { status: number }[] }>(
      'GET',
      `/messages/${data[0]?.id ?? ''}`,
    )
    expect(story.attempts.map(({ status }) => status)).toEqual([401])
    for (let n = 10; n < 20; n += 1)
      analytics.track({ userId: `u${n}`, event: 'Kept', messageId: `kept-${n}` })
    await analytics.closeAndFlush()
    await waitFor(async () => (await totals(id)).accepted === 20, 10_000)
    expect(await totals(id)).toMatchObject({ accepted: 20, pending: 20 })
    expect((await read(id)).lanes.events).toMatchObject({
      state: 'needs_attention',
      reason: expect.stringContaining('401') as string,
    })
    // A lane that waits for a person is not a stalled one.
    expect((await fetch(`${causeway.url}/readyz`)).status).toBe(200)

    await causeway.api('PATCH', `/connections/${id}`, { statsig: { serverKey: 'secret-good-again' } })
    await waitFor(async () => (await totals(id)).delivered === 20, 20_000)
    expect(await read(id)).toMatchObject({ status: 'active' })
    expect(await arrived('segment::Kept')).toHaveLength(20)
  }, 60_000)
})

const perRequest = 50
/** In each of the three phases: before, while Temporal is gone, and after. */
const perPhase = 2_000
const total = 3 * perPhase

/** Accepts everything at once: while Temporal is gone, ingest has no excuse. */
async function send(writeKey: string, from: number, to: number): Promise<void> {
  for (let n = from; n < to; n += perRequest) {
    const batch = Array.from({ length: perRequest }, (_, i) => ({
      ...{ type: 'track', event: 'Outlived', userId: `u${n + i}`, messageId: `lost-${n + i}` },
      ...{ timestamp: new Date().toISOString(), properties: { n: n + i } },
    }))
    const response = await fetch(`${causeway.url}/v1/batch`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${writeKey}:`).toString('base64')}` },
      body: JSON.stringify({ batch }),
    })
    expect(response.status).toBe(200)
  }
}

/** Ends Temporal with all that it knew; the launcher starts it anew, empty. */
async function loseTemporal(): Promise<void> {
  const { dataDir } = causeway
  for (const name of readdirSync(dataDir).filter((file) => file.startsWith('temporal.db')))
    rmSync(join(dataDir, name))
  const pid = causeway.kill9('start-dev')
  await waitFor(() => ![undefined, pid].includes(causeway.pidOf('start-dev')), 30_000)
}

describe("Temporal's database, lost and started anew", () => {
  it('costs no message: a lane in the middle of its backlog goes on from its cursor, others when they are woken', async () => {
    const [busy, quiet] = [await connect('Busy', 'secret-busy'), await connect('Quiet', 'secret-quiet')]
    // One lane sleeps with its work done when Temporal goes.
    await send(quiet.writeKey, 0, 50)
    await waitFor(async () => (await totals(quiet.id)).delivered === 50, 20_000)
    // The other has a backlog that a slow vendor takes only a little of.
    await causeway.sandbox('POST', '/faults', { target: 'statsig.log_event', delayMs: 700 })
    await send(busy.writeKey, 0, perPhase)
    const workers = ['bin/worker', 'bin/bulk-worker'].map(causeway.pidOf)
    await waitFor(async () => (await totals(busy.id)).delivered > 0, 20_000)

    const lostAtMs = Date.now()
    const losing = loseTemporal()
    await send(busy.writeKey, perPhase, 2 * perPhase)
    await send(quiet.writeKey, 50, 100)
    await losing
    await send(busy.writeKey, 2 * perPhase, total)

    await waitFor(async () => (await totals(quiet.id)).delivered === 100, 60_000)
    const quietAfterMs = Date.now() - lostAtMs
    await waitFor(async () => (await totals(busy.id)).delivered === total, 120_000)
    console.log(`Temporal lost: sleeping lane ${quietAfterMs} ms, busy lane ${Date.now() - lostAtMs} ms`)
    // No worker was restarted for it.
    expect(['bin/worker', 'bin/bulk-worker'].map(causeway.pidOf)).toEqual(workers)

    // The forgotten drain ends what it has in flight before it lets go: nothing arrives twice.
    expect(await arrived('segment::Outlived')).toHaveLength(total + 100)
    expect(await totals(busy.id)).toMatchObject({ accepted: total, delivered: total, pending: 0 })
  }, 240_000)

  it('leaves the new one with our search attributes, and with a Schedule whose runs the bulk worker does', async () => {
    const connection = await TemporalConnection.connect({ address: causeway.temporalAddress })
    const { schedule, workflow } = new Client({ connection })
    try {
      const { customAttributes } = await connection.operatorService.listSearchAttributes({
        namespace: 'default',
      })
      expect(Object.keys(customAttributes)).toEqual(
        expect.arrayContaining(searchAttributes.map(({ name }) => name)),
      )
      const housekeeping = schedule.getHandle('housekeeping')
      await waitFor(async () => (await housekeeping.describe()).scheduleId === 'housekeeping', 30_000)
      await housekeeping.trigger()
      const lastRun = async () => (await housekeeping.describe()).info.recentActions[0]?.action.workflow
      await waitFor(async () => (await lastRun()) !== undefined, 20_000)
      const run = workflow.getHandle<typeof housekeepingWorkflow>((await lastRun())?.workflowId ?? '')
      expect(await run.result()).toMatchObject({ entries: 0, requests: 0 })
    } finally {
      await connection.close()
    }
    const ready = await fetch(`${causeway.url}/readyz`)
    expect(await ready.json()).toMatchObject({ ready: true })
  }, 90_000)
})
