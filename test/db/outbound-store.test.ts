import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { alertConditions } from '../../api/alert-conditions.ts'
import type { Lease } from '../../core/ports.ts'
import { openDb } from '../../db/client.ts'
import { createOutboundStore } from '../../db/outbound-store.ts'
import { connectionId, createWorld, startMs, type World } from '../support/world.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

let world: World
beforeEach(async () => {
  world = await createWorld()
})
afterEach(() => world.close())

const hook = (receivedAtMs: number) =>
  world.store.inbox.append({
    ...{ connectionId, receivedAtMs, source: 'statsig_webhook', call: 'webhook', callerIp: undefined },
    body: Buffer.from('[{"eventName":"x","userID":"u"}]'),
    lanes: [{ lane: 'outbound', items: undefined, count: 1, sole: true }],
  })

async function removed(nowMs: number): Promise<number> {
  let sum = 0
  for await (const rows of world.store.outbound.purge(nowMs)) sum += rows
  return sum
}

/** Delivers one entry under a key, as a drain commits it. */
async function deliver(once: string, outcome: 'delivered' | 'rejected', nowMs: number): Promise<Lease> {
  await hook(nowMs)
  const lease = (await world.store.lanes.open(connectionId, 'outbound', nowMs)) as Lease
  const entry = {
    ...{ seq: lease.cursor + 1, sole: true, outcome, messageId: once + String(nowMs), once },
    ...{ reason: undefined, path: undefined, detail: undefined, type: 'exposure', event: 'e', userId: 'u' },
  }
  return world.store.lanes.commit(lease, { entries: [entry], attempts: [], settingsVersion: 1, nowMs })
}

describe('webhookHours', () => {
  it('counts requests of the webhook by the hour, and no others', async () => {
    await hook(startMs)
    await hook(startMs + 1)
    await hook(startMs + hourMs)
    await world.append(['u1'])
    const hour = startMs / hourMs
    expect(await world.store.outbound.webhookHours(startMs)).toEqual([
      { connectionId, hour, requests: 2 },
      { connectionId, hour: hour + 1, requests: 1 },
    ])
    expect(await removed(startMs + 8 * dayMs + hourMs)).toBe(1)
    expect(await world.store.outbound.webhookHours(0)).toHaveLength(1)
  })

  it('make an alert of a webhook that was busy and went quiet', async () => {
    for (let hour = 0; hour < 6; hour += 1)
      for (let n = 0; n < 5; n += 1) await hook(startMs + hour * hourMs + n)
    const look = (nowMs: number) =>
      alertConditions.webhook_quiet?.({
        ...{ store: world.store, nowMs, rejectionRateLimit: 1, isTold: () => false },
      })
    expect(await look(startMs + 7 * hourMs)).toEqual([])
    expect(await look(startMs + 8 * hourMs)).toMatchObject([
      {
        connectionId,
        subject: 'statsig_webhook',
        text: expect.stringContaining('2026-01-05T18:00:00') as string,
      },
    ])
  })
})

describe('seenOnce', () => {
  it('knows the keys that were delivered, by connection, until they are forgotten', async () => {
    const lease = await deliver('a', 'delivered', startMs)
    await deliver('b', 'rejected', startMs)
    expect(await world.store.lanes.seenOnce(lease, ['a', 'b', 'c'])).toEqual(['a'])
    expect(await removed(startMs + 89 * dayMs)).toBe(1)
    expect(await world.store.lanes.seenOnce(lease, ['a'])).toEqual(['a'])
    expect(await removed(startMs + 90 * dayMs)).toBe(1)
    expect(await world.store.lanes.seenOnce(lease, ['a'])).toEqual([])
  })
})

describe('seenOnce, where there are too many', () => {
  it('forgets the oldest first, so that what is kept has a bound', async () => {
    await deliver('a', 'delivered', startMs)
    await deliver('b', 'delivered', startMs + dayMs)
    const lease = await deliver('c', 'delivered', startMs + 2 * dayMs)
    const db = openDb(world.path)
    let rows = 0
    for await (const some of createOutboundStore(db, 2).purge(startMs + 2 * dayMs)) rows += some
    db.sqlite.close()
    expect(rows).toBe(1)
    expect(await world.store.lanes.seenOnce(lease, ['a', 'b', 'c'])).toEqual(['b', 'c'])
  })
})

describe('rest', () => {
  it('keeps the sweep away until the moment, and refuses an older drain', async () => {
    await hook(startMs)
    const old = (await world.store.lanes.open(connectionId, 'outbound', startMs)) as Lease
    const lease = (await world.store.lanes.open(connectionId, 'outbound', startMs)) as Lease
    await expect(world.store.lanes.rest(old, startMs + 1, 'x')).rejects.toMatchObject({ code: 'lane_lost' })
    await world.store.lanes.rest(lease, startMs + hourMs, 'until one')
    expect(await world.store.lanes.forsaken(startMs + hourMs)).toEqual([])
    expect(await world.store.lanes.forsaken(startMs + hourMs + 1)).toHaveLength(1)
    expect(await world.store.jobs.liveLagMs(startMs + 60_000)).toBe(0)
  })
})
