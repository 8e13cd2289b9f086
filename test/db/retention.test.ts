import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Store } from '../../core/ports.ts'
import type { Db } from '../../db/client.ts'
import { createSecretBox } from '../../db/secret-box.ts'
import { createStore } from '../../db/store.ts'
import { create, names, request, startMs } from './suite/requests.ts'
import { all, sum } from './suite/retention.ts'
import { attempt, endNext, openLane } from './suite/world.ts'
import { openForTest, temporaryFile } from './temporary.ts'

const dayMs = 86_400_000

async function openFile(): Promise<{ path: string; db: Db; store: Store }> {
  const path = temporaryFile()
  const db = openForTest(path)
  const store = createStore(db, createSecretBox(Buffer.alloc(32, 7)))
  await create(store)
  return { path, db, store }
}

const numbers = ({ sqlite }: Db, sql: string): unknown[] => sqlite.prepare(sql).pluck().all()
const pragma = ({ sqlite }: Db, name: string): number => Number(sqlite.pragma(name, { simple: true }))

describe('createPurgeEnded', () => {
  it('leaves what is pending again with its body and its attempts, and removes what lies before and behind', async () => {
    const { db, store } = await openFile()
    for (let n = 1; n <= 5; n += 1) await store.inbox.append(request([`m${n}`]))
    // The first two share a request to the vendor; so do the third and the fourth.
    const attempts = [attempt(1, 2), attempt(3, 4), attempt(5, 5)]
    await endNext(store, await openLane(store), 5, { attempts })
    db.sqlite.exec('UPDATE entries SET outcome = 0 WHERE seq = 3')
    await all(store.retention.purgeEnded(Infinity))
    expect(numbers(db, 'SELECT seq FROM entries')).toEqual([3])
    expect(numbers(db, 'SELECT last_seq FROM lane_log')).toEqual([3])
    expect(numbers(db, 'SELECT id FROM requests')).toEqual([3])
    expect(numbers(db, 'SELECT last_seq FROM attempts')).toEqual([4])
    expect(await store.messages.get('msg_1_3')).toMatchObject({
      outcome: 'pending',
      body: request(['m3']).body,
    })
    db.sqlite.exec('UPDATE entries SET outcome = 1 WHERE seq = 3')
    await store.inbox.append(request(['m6']))
    await endNext(store, await openLane(store), 1)
    await all(store.retention.purgeEnded(Infinity))
    for (const table of ['entries', 'lane_log', 'requests', 'attempts'])
      expect(numbers(db, `SELECT count(*) FROM ${table}`), table).toEqual([0])
  })

  it('removes the attempts of a long outage, a bounded number at a time', async () => {
    const { db, store } = await openFile()
    await store.inbox.append(request(['m1']))
    const lease = await openLane(store)
    await store.lanes.fail(
      lease,
      Array.from({ length: 5_000 }, () => attempt(1, 1)),
      'down',
    )
    await endNext(store, lease, 1, { attempts: [attempt(1, 1)] })
    const left: unknown[] = []
    for await (const { entries } of store.retention.purgeEnded(Infinity)) {
      expect(entries).toBe(left.length === 0 ? 1 : 0)
      left.push(...numbers(db, 'SELECT count(*) FROM attempts'))
    }
    expect(left).toEqual([3_001, 1_001])
    expect(numbers(db, 'SELECT count(*) FROM attempts')).toEqual([0])
  })

  it('keeps each transaction small: at most 2,000 rows, and not many large bodies', async () => {
    const { db, store } = await openFile()
    for (let n = 0; n < 3; n += 1) await store.inbox.append(request(names(`a${n}-`, 900)))
    await Promise.all(names('b', 1_500).map((id) => store.inbox.append(request([id]))))
    const large = Buffer.alloc(1_500_000)
    for (const id of names('c', 6)) await store.inbox.append(request([id], { body: large }))
    let lease = await openLane(store)
    while (lease.cursor < 2_700 + 1_500 + 6) lease = await endNext(store, lease, 701)
    const rows = () =>
      ['entries', 'lane_log', 'requests'].reduce(
        (total, table) => total + Number(numbers(db, `SELECT count(*) FROM ${table}`)[0]),
        0,
      )
    let before = rows()
    for await (const { bytes } of store.retention.purgeEnded(Infinity)) {
      expect(before - rows()).toBeLessThanOrEqual(2_000)
      expect(bytes).toBeLessThanOrEqual(4 * 1024 * 1024)
      before = rows()
    }
    expect(before).toBe(0)
  })

  it('counts a large body once, however many places in the log point to it', async () => {
    const { db, store } = await openFile()
    const runs = names('r', 1_500).map((_, index) => {
      return { lane: 'events' as const, items: [index], count: 1, sole: index % 2 === 0 }
    })
    await store.inbox.append(request(names('m', 1_500), { body: Buffer.alloc(9_000_000), lanes: runs }))
    expect(numbers(db, 'SELECT count(*) FROM lane_log')).toEqual([1_500])
    let lease = await openLane(store)
    while (lease.cursor < 1_500) lease = await endNext(store, lease, 500)
    const steps: number[] = []
    for await (const { entries } of store.retention.purgeEnded(Infinity)) steps.push(entries)
    expect(steps).toEqual([999, 501])
    expect(await store.retention.holdings()).toMatchObject({ requests: 0, bodiesBytes: 0 })
  })

  it('removes nothing in a transaction that fails, and its counts neither', async () => {
    const { db, store } = await openFile()
    await store.inbox.append(request(['m1', 'm2']))
    await endNext(store, await openLane(store), 2)
    const before = await store.retention.holdings()
    db.sqlite.exec(
      `CREATE TEMP TRIGGER fault BEFORE DELETE ON requests BEGIN SELECT RAISE(ABORT, 'fault'); END`,
    )
    await expect(all(store.retention.purgeEnded(Infinity))).rejects.toThrow('fault')
    expect(await store.retention.holdings()).toEqual(before)
    expect(numbers(db, 'SELECT count(*) FROM entries')).toEqual([2])
  })
})

describe('createPurgeClaims', () => {
  it('removes settled claims of days before the moment, piece by piece, and leaves the others', async () => {
    const { db, store } = await openFile()
    const insert = db.sqlite.prepare(
      'INSERT INTO claims (scope, hash, lane_id, seq, day) VALUES (2, ?, 1, ?, ?)',
    )
    db.sqlite.transaction(() => {
      for (let n = 0; n < 10_000; n += 1) insert.run(randomBytes(16), n, n % 10)
    })()
    const steps: number[] = []
    for await (const removed of store.retention.purgeClaims(7 * dayMs)) steps.push(removed)
    expect(steps).toEqual([2_000, 2_000, 2_000, 1_000, 0])
    expect(numbers(db, 'SELECT day FROM claims GROUP BY day')).toEqual([7, 8, 9])
    expect(numbers(db, 'SELECT count(*) FROM claims')).toEqual([3_000])
  })
})

describe('shrink', () => {
  it('gives pages back until a tenth of what is used is left to be reused', async () => {
    const { path, db, store } = await openFile()
    const body = Buffer.alloc(200_000, 'x')
    for (const id of names('m', 60)) await store.inbox.append(request([id], { body }))
    await endNext(store, await openLane(store), 40)
    await all(store.retention.purgeEnded(Infinity))
    const full = pragma(db, 'page_count')
    const free = pragma(db, 'freelist_count')
    expect(free).toBeGreaterThan(full / 2)
    const given = await sum(store.retention.shrink())
    const pages = pragma(db, 'page_count')
    expect(given).toBe((full - pages) * 16_384)
    expect(pragma(db, 'freelist_count') / (pages - pragma(db, 'freelist_count'))).toBeLessThanOrEqual(0.1)
    expect(pragma(db, 'freelist_count')).toBeGreaterThan(0)
    expect(numbers(db, 'PRAGMA integrity_check')).toEqual(['ok'])
    db.sqlite.pragma('wal_checkpoint(TRUNCATE)')
    expect(statSync(path).size).toBe(pages * 16_384)
    expect(await store.retention.holdings()).toMatchObject({ requests: 20, databaseBytes: pages * 16_384 })
  })

  it('keeps no reserve that a size limit has no room for', async () => {
    const { db, store } = await openFile()
    const body = Buffer.alloc(200_000, 'x')
    for (const id of names('m', 60)) await store.inbox.append(request([id], { body }))
    await endNext(store, await openLane(store), 40)
    await all(store.retention.purgeEnded(Infinity))
    await store.retention.change({ days: undefined, maxBytes: 1 }, startMs)
    await sum(store.retention.shrink())
    expect(pragma(db, 'freelist_count')).toBe(0)
  })
})
