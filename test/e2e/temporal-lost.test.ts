import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Client, Connection } from '@temporalio/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { searchAttributes } from '../../core/search-attributes.ts'
import type { housekeeping as housekeepingWorkflow } from '../../workflows/index.ts'
import { startCauseway, waitFor, type Causeway, type Stats } from './causeway.ts'

const perRequest = 50
/** In each of the three phases: before, while Temporal is gone, and after. */
const perPhase = 2_000
const total = 3 * perPhase

let causeway: Causeway

beforeAll(async () => {
  causeway = await startCauseway()
}, 180_000)
afterAll(async () => {
  await causeway.stop()
  causeway.cleanUp()
}, 60_000)

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
    const connect = (name: string) =>
      causeway.api<{ id: string; writeKey: string }>('POST', '/connections', {
        ...{ name, statsig: { serverKey: `secret-${name}` } },
      })
    const [busy, quiet] = [await connect('busy'), await connect('quiet')]
    const totals = async ({ id }: { id: string }) =>
      (await causeway.api<Stats>('GET', `/connections/${id}/stats`)).inbound.totals
    // One lane sleeps with its work done when Temporal goes.
    await send(quiet.writeKey, 0, 50)
    await waitFor(async () => (await totals(quiet)).delivered === 50, 20_000)
    // The other has a backlog that a slow vendor takes only a little of.
    await causeway.sandbox('POST', '/faults', { target: 'statsig.log_event', delayMs: 700 })
    await send(busy.writeKey, 0, perPhase)
    const workers = ['bin/worker', 'bin/bulk-worker'].map(causeway.pidOf)
    await waitFor(async () => (await totals(busy)).delivered > 0, 20_000)

    const lostAtMs = Date.now()
    const losing = loseTemporal()
    await send(busy.writeKey, perPhase, 2 * perPhase)
    await send(quiet.writeKey, 50, 100)
    await losing
    await send(busy.writeKey, 2 * perPhase, total)

    await waitFor(async () => (await totals(quiet)).delivered === 100, 60_000)
    const quietAfterMs = Date.now() - lostAtMs
    await waitFor(async () => (await totals(busy)).delivered === total, 120_000)
    console.log(`Temporal lost: sleeping lane ${quietAfterMs} ms, busy lane ${Date.now() - lostAtMs} ms`)
    // No worker was restarted for it.
    expect(['bin/worker', 'bin/bulk-worker'].map(causeway.pidOf)).toEqual(workers)

    const events = await causeway.sandbox<{ eventName: string; metadata: { n: string } }[]>(
      'GET',
      '/statsig/events',
    )
    const arrived = events.filter(({ eventName }) => eventName === 'segment::Outlived')
    // The forgotten drain ends what it has in flight before it lets go: nothing arrives twice.
    expect(arrived).toHaveLength(total + 100)
    expect(await totals(busy)).toMatchObject({ accepted: total, delivered: total, pending: 0 })
  }, 240_000)

  it('leaves the new one with our search attributes, and with a Schedule whose runs the bulk worker does', async () => {
    const connection = await Connection.connect({ address: causeway.temporalAddress })
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
