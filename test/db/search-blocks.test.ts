import { describe, expect, it, onTestFinished } from 'vitest'
import type { Entry, MessageQuery, Store } from '../../core/ports.ts'
import { addToFilter, emptyFilter, mayHold, placesOf } from '../../db/block-filter.ts'
import { openDb, type Db } from '../../db/client.ts'
import { prepareBlankEntries } from '../../db/erase-bodies.ts'
import { blockSize, prepareRemakeBlock } from '../../db/search-blocks.ts'
import { createSecretBox } from '../../db/secret-box.ts'
import { createStore } from '../../db/store.ts'
import { create, names, request, startMs } from './suite/requests.ts'
import { endNext, openLane } from './suite/world.ts'
import { temporaryFile } from './temporary.ts'

const box = createSecretBox(Buffer.alloc(32, 7))
const outcomesByTen = ['delivered', 'delivered', 'filtered'] as const

function open(path: string): { db: Db; store: Store } {
  const db = openDb(path)
  const store = createStore(db, box)
  onTestFinished(() => store.close())
  return { db, store }
}

async function openFile(): Promise<{ db: Db; store: Store; path: string }> {
  const path = temporaryFile()
  const opened = open(path)
  await create(opened.store)
  return { ...opened, path }
}

/** What entry `seq` is in these tests: a user each ten, an event each hundred, received a second after the last. */
const as = (seq: number) => ({
  messageId: `m${seq}`,
  userId: `u${Math.floor(seq / 10)}`,
  event: `E${Math.floor(seq / 100)}`,
  outcome: outcomesByTen[seq % 10] ?? 'delivered',
})

/** Appends and ends entries, `perRun` at a time, from the lane's cursor on. */
async function fill(store: Store, count: number, perRun = 1_000): Promise<void> {
  let lease = await openLane(store)
  for (let done = 0; done < count; done += perRun) {
    const n = Math.min(perRun, count - done)
    const receivedAtMs = startMs + (lease.cursor + 1) * 1_000
    await store.inbox.append(request(names('x', n), { receivedAtMs }))
    lease = await endNext(store, lease, n, { as })
  }
}

async function search(store: Store, query: MessageQuery, limit = 50) {
  const entries: Entry[] = []
  let [after, pages]: [string | undefined, number] = [undefined, 0]
  do {
    const page = await store.messages.list('con_1', query, {
      limit,
      ...(after === undefined ? {} : { after }),
    })
    entries.push(...page.entries)
    expect(page.cut).toBe(page.next !== undefined && page.entries.length < limit)
    ;[after, pages] = [page.next, pages + 1]
  } while (after !== undefined)
  return { ids: entries.map(({ messageId }) => messageId), pages }
}

const blocksOf = ({ sqlite }: Db) =>
  sqlite.prepare<[], number>('SELECT block FROM search_blocks ORDER BY block').pluck().all()

describe('addToFilter', () => {
  it('never says no to what is in it, and seldom yes to what is not', () => {
    const filter = emptyFilter()
    for (let n = 0; n < blockSize; n += 1) {
      addToFilter(filter, 'messageId', `id-${n}`)
      addToFilter(filter, 'userId', `user-${n}`)
    }
    let wrong = 0
    for (let n = 0; n < blockSize; n += 1) {
      expect(mayHold(filter, placesOf('messageId', `id-${n}`))).toBe(true)
      if (mayHold(filter, placesOf('messageId', `other-${n}`))) wrong += 1
    }
    expect(wrong / blockSize).toBeLessThan(0.04)
  })

  it('tells the kinds of text apart', () => {
    const filter = emptyFilter()
    addToFilter(filter, 'event', 'Ann')
    expect([mayHold(filter, placesOf('event', 'Ann')), mayHold(filter, placesOf('userId', 'Ann'))]).toEqual([
      true,
      false,
    ])
  })
})

describe('prepareSearchBlocks', () => {
  it('writes a block when the last of its positions has ended, whatever the size of the runs', async () => {
    for (const perRun of [1_000, 777, 4_096]) {
      const { db, store } = await openFile()
      await fill(store, 2 * blockSize + 5, perRun)
      expect(blocksOf(db)).toEqual([0, 1])
    }
  })

  it('finds each entry once, by each thing, in one page', async () => {
    const { store } = await openFile()
    await fill(store, 3 * blockSize)
    for (const seq of [1, 2, 4_095, 4_096, 4_097, 8_191, 8_192, 3 * blockSize - 1, 3 * blockSize])
      expect(await search(store, { messageId: `m${seq}` })).toEqual({ ids: [`m${seq}`], pages: 1 })
    expect(await search(store, { userId: 'u410' })).toMatchObject({
      ids: Array.from({ length: 10 }, (_, n) => `m${4_109 - n}`),
    })
    expect((await search(store, { event: 'E40' })).ids).toHaveLength(100)
    expect((await search(store, { event: 'E40', outcome: 'filtered' })).ids).toHaveLength(10)
    expect(await search(store, { messageId: 'nobody' })).toEqual({ ids: [], pages: 1 })
    expect(await search(store, { outcome: 'rejected' })).toEqual({ ids: [], pages: 1 })
  })

  it('finds by a window of time', async () => {
    const { store } = await openFile()
    await fill(store, 3 * blockSize)
    const [sinceMs, untilMs] = [startMs + 4_000_000, startMs + 6_000_000]
    // Times are those of runs of a thousand: entry 4000 is of the one before.
    expect((await search(store, { sinceMs, untilMs, event: 'E40' })).ids).toHaveLength(99)
    expect((await search(store, { sinceMs, untilMs, event: 'E10' })).ids).toEqual([])
    expect((await search(store, { untilMs: startMs }, 500)).ids).toEqual([])
  })

  it('knows a block that one process began and another one ended', async () => {
    const { db, store, path } = await openFile()
    await fill(store, 3_000)
    await fill(open(path).store, 3_000)
    expect(blocksOf(db)).toEqual([0])
    expect((await search(store, { messageId: 'm5' })).ids).toEqual(['m5'])
    expect((await search(store, { userId: 'u400' })).ids).toHaveLength(10)
  })

  it('says nothing of what was rolled back, and knows what ended instead', async () => {
    const { db, store } = await openFile()
    await fill(store, 4_000)
    db.sqlite.exec(
      `CREATE TRIGGER fault BEFORE INSERT ON entries WHEN NEW.seq = 4500 BEGIN SELECT raise(ABORT, 'fault'); END`,
    )
    await expect(fill(store, 1_000)).rejects.toThrow('fault')
    expect(blocksOf(db)).toEqual([])
    db.sqlite.exec('DROP TRIGGER fault')
    const lease = await openLane(store)
    await endNext(store, lease, 1_000, { as: (seq) => ({ ...as(seq), messageId: `other${seq}` }) })
    expect(blocksOf(db)).toEqual([0])
    expect((await search(store, { messageId: 'other4050' })).ids).toEqual(['other4050'])
    expect((await search(store, { messageId: 'm4050' })).ids).toEqual([])
  })

  it('keeps an entry findable by the outcome that it is given later', async () => {
    const { db, store } = await openFile()
    await fill(store, blockSize + 10)
    for (const [outcome, number] of [
      ['pending', 0],
      ['rejected', 4],
    ] as const) {
      db.sqlite.exec(`UPDATE entries SET outcome = ${number} WHERE seq = 7`)
      expect((await search(store, { outcome })).ids).toEqual(['m7'])
    }
  })
})

describe('createMessageStore', () => {
  it('finds what was ended before there were blocks, and searches it in bounded steps', async () => {
    const { db, store } = await openFile()
    await fill(store, 4 * blockSize + 10)
    db.sqlite.exec('DELETE FROM search_blocks')
    expect((await search(store, { messageId: 'm5' })).ids).toEqual(['m5'])
    const timed = await search(store, { messageId: 'm5', sinceMs: 0 })
    expect(timed.ids).toEqual(['m5'])
    expect(timed.pages).toBeGreaterThan(1)
  })

  it('finds what is left, in one page, where the past was removed and some of it is pending again', async () => {
    const { db, store } = await openFile()
    await fill(store, 4 * blockSize)
    db.sqlite.exec('UPDATE entries SET outcome = 0 WHERE seq = 1500')
    const steps = store.retention.purgeEnded(Infinity)[Symbol.asyncIterator]()
    while ((await steps.next()).done !== true);
    expect(blocksOf(db)).toEqual([0])
    expect(await search(store, { outcome: 'pending' })).toEqual({ ids: ['m1500'], pages: 1 })
    expect((await search(store, { messageId: 'm1500' })).ids).toEqual(['m1500'])
    expect(await search(store, { messageId: 'm9000' })).toEqual({ ids: [], pages: 1 })
  })
})

describe('prepareRemakeBlock', () => {
  it('forgets what the entries no longer hold', async () => {
    const { db, store } = await openFile()
    await fill(store, blockSize)
    const filter = () =>
      db.sqlite.prepare<[], Buffer>('SELECT filter FROM search_blocks').pluck().get() ?? Buffer.alloc(0)
    expect(mayHold(filter(), placesOf('userId', 'u3'))).toBe(true)
    db.sqlite.exec(`UPDATE entries SET user_id = NULL WHERE user_id = 'u3'`)
    prepareRemakeBlock(db)(1, 31)
    expect(mayHold(filter(), placesOf('userId', 'u3'))).toBe(false)
    expect((await search(store, { userId: 'u4' })).ids).toHaveLength(10)
  })
})

describe('prepareBlankEntries', () => {
  it('makes the blocks anew, so that a search index does not tell who was erased', async () => {
    const { db, store } = await openFile()
    await fill(store, blockSize)
    const blank = prepareBlankEntries(db)
    await blank(1, [29, 30, 31, 32, 33, 34, 35, 36, 37, 38])
    const filter =
      db.sqlite.prepare<[], Buffer>('SELECT filter FROM search_blocks').pluck().get() ?? Buffer.alloc(0)
    expect(mayHold(filter, placesOf('userId', 'u3'))).toBe(false)
    expect(mayHold(filter, placesOf('userId', 'u4'))).toBe(true)
    expect((await search(store, { messageId: 'm31' })).ids).toEqual(['m31'])
  })
})
