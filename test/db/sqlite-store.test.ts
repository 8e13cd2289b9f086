import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Db } from '../../db/client.ts'
import { createSecretBox } from '../../db/secret-box.ts'
import { createStore } from '../../db/store.ts'
import { box, openSqlitePair } from './sqlite-pair.ts'
import { runStoreSuite } from './store-suite.ts'
import { create, names, request, startMs } from './suite/requests.ts'
import { attempt, endNext, idsIn, openLane } from './suite/world.ts'
import { openForTest, temporaryFile } from './temporary.ts'

runStoreSuite('the Store on SQLite', openSqlitePair)

/** A store with the connection `con_1`, and its file to look into. */
async function openFile() {
  const path = temporaryFile()
  const db = openForTest(path)
  const store = createStore(db, box)
  await create(store)
  return { path, db, store }
}

describe('openStore', () => {
  it('keeps keys sealed: no secret is in the file or its log in clear', async () => {
    const { path, store } = await openFile()
    const keys = {
      'statsig.consoleKey': 'console-very-secret',
      'segment.writeKey': 'segment-very-secret',
    } as const
    await store.connections.update('con_1', { keys, name: 'Name in clear' }, startMs)
    const bytes = Buffer.concat([readFileSync(path), readFileSync(`${path}-wal`)])
    expect(bytes.includes('Name in clear')).toBe(true)
    for (const secret of ['secret-con_1', 'very-secret']) expect(bytes.includes(secret)).toBe(false)
  })

  it('throws secret_unreadable under another master key, and for a secret moved to another row', async () => {
    const { db, store } = await openFile()
    const unreadable = { code: 'secret_unreadable' }
    const stranger = createStore(db, createSecretBox(Buffer.alloc(32, 8)))
    await expect(stranger.connections.openKey('con_1', 'statsig.serverKey')).rejects.toMatchObject(unreadable)
    db.sqlite.exec(`UPDATE connection_keys SET kind = 'statsig.clientKey'`)
    await expect(store.connections.openKey('con_1', 'statsig.clientKey')).rejects.toMatchObject(unreadable)
  })

  it('shares one commit among requests that arrive together', async () => {
    const { path, store } = await openFile()
    const before = commitsIn(`${path}-wal`)
    await Promise.all(names('m', 200).map((id) => store.inbox.append(request([id]))))
    expect(commitsIn(`${path}-wal`) - before).toBe(1)
    await store.inbox.append(request(['alone']))
    expect(commitsIn(`${path}-wal`) - before).toBe(2)
  })

  it('cuts a crowd of requests into commits that hold the lock briefly', async () => {
    const { path, db, store } = await openFile()
    db.sqlite.pragma('wal_autocheckpoint = 0') // The log grows, so that its commits can be counted.
    const start = commitsIn(`${path}-wal`)
    await Promise.all(names('m', 1_200).map((id) => store.inbox.append(request([id]))))
    const afterMany = commitsIn(`${path}-wal`)
    expect(afterMany - start).toBe(3) // 500, 500, 200
    const body = Buffer.alloc(3 * 1024 * 1024)
    await Promise.all(names('n', 5).map((id) => store.inbox.append(request([id], { body }))))
    expect(commitsIn(`${path}-wal`) - afterMany).toBe(3) // 2 of 3 MB, 2, 1
  })

  it.each([
    ['an entry', 'BEFORE INSERT ON entries WHEN NEW.seq = 3'],
    ['an attempt', 'BEFORE INSERT ON attempts'],
    ['a counter', 'BEFORE UPDATE ON lane_counts WHEN NEW.rejected > 0'],
  ])('writes nothing of a commit in which %s fails', async (_what, when) => {
    const { db, store } = await openFile()
    await store.inbox.append(request(names('m', 3)))
    const lease = await openLane(store)
    await store.lanes.claim(lease, [{ seq: 2, messageId: 'm2' }], startMs)
    const before = dump(db)
    db.sqlite.exec(`CREATE TEMP TRIGGER fault ${when} BEGIN SELECT RAISE(ABORT, 'fault'); END`)
    const ends = {
      as: (seq: number) => (seq === 2 ? ({ outcome: 'rejected' } as const) : {}),
      attempts: [attempt(1, 3)],
    }
    await expect(endNext(store, lease, 3, ends)).rejects.toThrow('fault')
    expect(dump(db)).toEqual(before)
    db.sqlite.exec('DROP TRIGGER fault')
    expect((await endNext(store, lease, 3, ends)).cursor).toBe(3)
  })

  it('keeps the requests that share a commit with one that cannot be written', async () => {
    const { db, store } = await openFile()
    db.sqlite.exec(
      `CREATE TEMP TRIGGER fault BEFORE INSERT ON requests WHEN NEW.call = 'bad' BEGIN SELECT RAISE(ABORT, 'fault'); END`,
    )
    const sent = [request(['m1']), request(['m2'], { call: 'bad' }), request(['m3'])]
    const results = await Promise.allSettled(sent.map((one) => store.inbox.append(one)))
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    const rows = await store.lanes.read(await openLane(store), 10)
    expect(await idsIn(store, rows, 0)).toEqual(['m1', 'm3'])
  })

  it('does not let a held lane change the status of a connection that is being set up or removed', async () => {
    const { db, store } = await openFile()
    for (const status of ['connecting', 'disconnecting']) {
      db.sqlite.exec(`UPDATE connections SET status = '${status}'; UPDATE lanes SET state = 'asleep'`)
      await store.lanes.hold(await openLane(store), 'needs_attention', 'refused', startMs)
      expect(await store.connections.get('con_1')).toMatchObject({ status })
    }
  })

  it('lists an ended entry whose request is gone at the time of its ending', async () => {
    const { db, store } = await openFile()
    await store.inbox.append(request(['m1']))
    await endNext(store, await openLane(store), 1, { nowMs: startMs + 5 })
    db.sqlite.exec('DELETE FROM requests; DELETE FROM lane_log')
    const { entries } = await store.messages.list('con_1', { sinceMs: startMs + 5 }, { limit: 5 })
    expect(entries).toMatchObject([{ messageId: 'm1', receivedAtMs: startMs + 5 }])
  })

  it('leaves a lane that is made after the first page to the next listing', async () => {
    const { db, store } = await openFile()
    await store.inbox.append(request(['m1', 'm2']))
    const { next = '' } = await store.messages.list('con_1', {}, { limit: 1 })
    db.sqlite.exec(`INSERT INTO lanes (connection_id, name) VALUES ('con_1', 'replay:x')`)
    const lanes = [{ lane: 'replay:x', items: undefined, count: 1, sole: true }] as const
    await store.inbox.append(request(['r1'], { lanes: [...lanes] }))
    const { entries } = await store.messages.list('con_1', {}, { after: next, limit: 5 })
    expect(entries.map(({ messageId }) => messageId)).toEqual(['m1'])
    expect((await store.messages.list('con_1', {}, { limit: 5 })).entries).toHaveLength(3)
  })
})

/** Commits in a write-ahead log: frames that carry the size of the database (sqlite.org/fileformat.html 4.1). */
function commitsIn(path: string): number {
  const log = readFileSync(path)
  const [headerBytes, frameHeaderBytes, pageBytes] = [32, 24, log.readUInt32BE(8)]
  const salt = log.subarray(16, 24)
  let commits = 0
  for (let at = headerBytes; at < log.length; at += frameHeaderBytes + pageBytes) {
    const isOfThisRound = log.subarray(at + 8, at + 16).equals(salt)
    if (isOfThisRound && log.readUInt32BE(at + 4) !== 0) commits += 1
  }
  return commits
}

/** All that a commit may touch. */
function dump({ sqlite }: Db): unknown[] {
  return ['lanes', 'entries', 'attempts', 'claims', 'lane_counts'].map((table) =>
    sqlite.prepare(`SELECT * FROM ${table}`).all(),
  )
}
