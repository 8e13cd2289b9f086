import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Audience, PlacedMembership, Store } from '../../core/ports.ts'
import { createSecretBox } from '../../db/secret-box.ts'
import { openStore } from '../../db/store.ts'
import { membership } from '../support/audiences.ts'
import { temporaryFile } from './temporary.ts'

const execute = promisify(execFile)
const startMs = Date.parse('2026-01-05T12:00:00.000Z')
const con = 'con_1'

function open(path = temporaryFile()): Store {
  const store = openStore(path, createSecretBox(Buffer.alloc(32, 7)))
  onTestFinished(() => store.close())
  return store
}
async function audienceIn(store: Store): Promise<Audience> {
  const found = await store.audiences.get(con, 'vip')
  if (!found) throw new Error('no audience')
  return found
}
const desiredIn = async (store: Store) =>
  store.audiences.desiredIds(await audienceIn(store), { after: '', limit: 100_000 })

async function foldAll(store: Store, words: readonly PlacedMembership[]): Promise<void> {
  for (let from = 0; from < words.length; from += 1_000) {
    await store.audiences.fold(con, words.slice(from, from + 1_000), startMs)
  }
}

/** Deterministic: a linear congruential generator, for shuffling. */
function shuffled<T>(items: readonly T[], seed: number): T[] {
  let state = seed
  const next = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0)
  return items
    .map((item) => [next(), item] as const)
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item)
}

/** 10,000 words on 400 people; a word and its copies say the same. */
const words = Array.from({ length: 10_000 }, (_, index): PlacedMembership => {
  const [person, turn] = [index % 400, Math.floor(index / 400)]
  const isMember = (person * 7 + turn * 13) % 3 !== 0
  return membership(`u${person}`, isMember, startMs + Math.floor(turn / 2), { atNs: turn % 2, seq: 0 })
})
const expected = new Set(
  words.filter(({ isMember }, index) => index >= 9_600 && isMember).map(({ ids }) => ids.userId),
)

describe('fold', () => {
  it('comes to the same list from 10,000 words in any order, with copies and stragglers', async () => {
    for (const seed of [1, 2, 3]) {
      const store = open()
      const copies = words.filter((_, index) => index % 5 === seed % 5)
      const placed = shuffled([...words, ...copies], seed).map((word, index) => ({ ...word, seq: index + 1 }))
      await foldAll(store, placed)
      expect(new Set(await desiredIn(store))).toEqual(expected)
      expect(await audienceIn(store)).toMatchObject({
        desired: expected.size,
        applied: 0,
        addsDue: expected.size,
      })
    }
  })

  it('agrees with a model whatever comes, and its counters with its rows', async () => {
    const store = open()
    const word = fc.record({
      person: fc.integer({ min: 0, max: 5 }),
      isMember: fc.boolean(),
      at: fc.integer({ min: 0, max: 8 }),
    })
    let run = 0
    const property = fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 30 }), async (said) => {
      run += 1
      const model = new Map<string, { at: number; isMember: boolean }>()
      const placed = said.map(({ person, isMember, at }, index) => {
        const id = `r${run}-u${person}`
        const known = model.get(id)
        if (!known || at >= known.at) model.set(id, { at, isMember })
        return membership(id, isMember, startMs + at, { seq: index + 1 })
      })
      await foldAll(store, placed)
      const of = (await desiredIn(store)).filter((id) => id.startsWith(`r${run}-`))
      expect(of).toEqual(
        [...model]
          .filter(([, { isMember }]) => isMember)
          .map(([id]) => id)
          .sort(),
      )
      expect((await audienceIn(store)).desired).toBe((await desiredIn(store)).length)
    })
    await fc.assert(property, { numRuns: 100 })
  })

  it('says what became of each, the same when it is folded again', async () => {
    const store = open()
    const batch = [
      membership('a', true, startMs + 5, { seq: 1 }),
      membership('a', false, startMs + 4, { seq: 2 }),
      membership('b\nc', true, startMs, { seq: 3 }),
      membership('d', true, startMs, { seq: 4 }),
    ]
    const first = await store.audiences.fold(con, batch, startMs)
    expect(first).toMatchObject({
      folded: ['changed', 'stale', { code: 'id_line_break' }, 'changed'],
      due: ['vip'],
    })
    const again = await store.audiences.fold(con, batch, startMs)
    expect(again.folded).toMatchObject(['kept', 'stale', { code: 'id_line_break' }, 'kept'])
    expect(await store.audiences.setAside(await audienceIn(store), { limit: 10 })).toMatchObject([
      { id: 'b\nc', code: 'id_line_break' },
      { id: 'b\nc', code: 'id_line_break' },
    ])
  })

  it('answers thousands of words in the order in which they came, whatever the order of their ids', async () => {
    const store = open()
    const batch = shuffled(words.slice(0, 2_500), 7).map((word, index) => ({ ...word, seq: index + 1 }))
    batch.splice(1_200, 0, membership('b\nc', true, startMs))
    const { folded } = await store.audiences.fold(con, batch, startMs)
    const newest = new Map<string, PlacedMembership>()
    const isNewer = (word: PlacedMembership, than: PlacedMembership | undefined) =>
      !than || word.atMs > than.atMs || (word.atMs === than.atMs && word.atNs >= than.atNs)
    const wanted = batch.map((word) => {
      const id = word.ids['userId'] ?? ''
      if (id.includes('\n')) return { code: 'id_line_break', message: 'The id has a line break.' }
      if (!isNewer(word, newest.get(id))) return 'stale'
      newest.set(id, word)
      return 'changed'
    })
    expect(folded).toEqual(wanted)
    expect((await audienceIn(store)).setAside).toBe(1)
  })

  it('keeps the counters in step when the last of many words speaks of another computation', async () => {
    const store = open()
    const batch = Array.from({ length: 2_500 }, (_, index) =>
      membership(`z${9_999 - index}`, true, startMs, index === 2_499 ? { computationId: 'aud_2' } : {}),
    )
    await store.audiences.fold(con, batch, startMs)
    expect(await audienceIn(store)).toMatchObject({ computationId: 'aud_2', desired: 2_500, addsDue: 2_500 })
  })

  it('warns when the same key comes with another computation', async () => {
    const store = open()
    await foldAll(store, [
      membership('a', true, startMs),
      membership('b', true, startMs, { computationId: 'aud_2' }),
    ])
    const { warnings, computationId } = await audienceIn(store)
    expect(computationId).toBe('aud_2')
    expect(warnings).toMatchObject([
      { code: 'computation_changed', message: expect.stringContaining('aud_1') as string },
    ])
  })
})

describe('change', () => {
  it('starts anew under another unit, and what is on the list goes with the guard', async () => {
    const store = open()
    await foldAll(store, [membership('a', true, startMs), membership('b', true, startMs)])
    await store.audiences.markSent(await audienceIn(store), 'add', ['a'], startMs)
    await store.audiences.change(con, 'vip', { unit: 'anonymousId' }, startMs + 1)
    const audience = await audienceIn(store)
    expect(audience).toMatchObject({ desired: 0, applied: 1, addsDue: 0, removesDue: 1, unit: 'anonymousId' })
    expect(audience.warnings).toMatchObject([{ code: 'unit_changed' }])
    expect(await store.audiences.dueCounts(audience)).toEqual({ add: 0, remove: 1, erase: 0 })
  })
})

describe('change of a large audience', () => {
  it('puts the old ids out in short transactions, held for a person from the first one on', async () => {
    const store = open()
    const ids = Array.from({ length: 2_500 }, (_, index) => `u${index}`)
    await foldAll(
      store,
      ids.map((id) => membership(id, true, startMs)),
    )
    const on = [...ids].sort().slice(0, 1_500)
    await store.audiences.markSent(await audienceIn(store), 'add', on, startMs)
    const changing = store.audiences.change(con, 'vip', { unit: 'anonymousId' }, startMs + 1)
    await new Promise((resolve) => setImmediate(resolve))
    const midway = await audienceIn(store)
    expect(midway).toMatchObject({ unit: 'userId', guard: { rule: 'would_empty', planned: 1_500 } })
    expect(midway.desired).toBeGreaterThan(0)
    expect(await changing).toMatchObject({
      ...{ unit: 'anonymousId', desired: 0, applied: 1_500, addsDue: 0, removesDue: 1_500 },
      warnings: [{ code: 'unit_changed' }],
    })
    expect((await store.audiences.ledger(midway, { after: '', limit: 5_000 })).length).toBe(1_500)
  })
})

describe('markSent', () => {
  const counts = async (store: Store) => {
    const { desired, applied, addsDue, removesDue } = await audienceIn(store)
    return { desired, applied, addsDue, removesDue }
  }

  it('marks just what the call carried, though others of its stretch came or went meanwhile', async () => {
    const store = open()
    const said = (ids: string[], isMember: boolean, at: number) =>
      foldAll(
        store,
        ids.map((id) => membership(id, isMember, startMs + at)),
      )
    await said(['a', 'c', 'e', 'g'], true, 0)
    const sent = await store.audiences.due(await audienceIn(store), 'add', {
      after: '',
      limit: 9,
      failed: false,
    })
    await store.audiences.record(await audienceIn(store), { inFlight: true }, startMs)
    await said(['d'], true, 1)
    await said(['e'], false, 1)
    await store.audiences.markSent(await audienceIn(store), 'add', sent, startMs)
    const rows = await store.audiences.ledger(await audienceIn(store), { after: '', limit: 9 })
    expect(rows.map(({ id, desired, applied }) => `${id} ${desired} ${applied}`)).toEqual([
      ...['a true true', 'c true true', 'd true false', 'e false true', 'g true true'],
    ])
    expect(await counts(store)).toEqual({ desired: 4, applied: 4, addsDue: 1, removesDue: 1 })
  })

  it('marks a whole stretch at once, and counts what it removed for the guard', async () => {
    const store = open()
    const ids = Array.from({ length: 1_500 }, (_, index) => `u${index + 1_000}`)
    await foldAll(
      store,
      ids.map((id) => membership(id, true, startMs)),
    )
    await store.audiences.markSent(await audienceIn(store), 'add', ids, startMs)
    expect(await counts(store)).toEqual({ desired: 1_500, applied: 1_500, addsDue: 0, removesDue: 0 })
    await foldAll(
      store,
      ids.slice(0, 1_200).map((id) => membership(id, false, startMs + 1)),
    )
    await store.audiences.markSent(await audienceIn(store), 'remove', ids.slice(0, 1_200), startMs)
    expect(await counts(store)).toEqual({ desired: 300, applied: 300, addsDue: 0, removesDue: 0 })
    expect(await store.audiences.removalHistory(await audienceIn(store), startMs)).toEqual({
      ...{ sent: 1_200, appliedMax: 1_500 },
    })
  })
})

describe('sizes', () => {
  it('has one row an hour, of the end of its last run, and none that is older than 90 days', async () => {
    const [store, hourMs] = [open(), 3_600_000]
    const end = async (atMs: number) =>
      store.audiences.record(await audienceIn(store), { state: 'idle' }, atMs)
    await foldAll(store, [membership('a', true, startMs)])
    await end(startMs)
    await foldAll(store, [membership('b', true, startMs)])
    await end(startMs + hourMs - 1)
    await store.audiences.record(await audienceIn(store), { state: 'syncing' }, startMs + 2 * hourMs)
    await end(startMs + 3 * hourMs)
    const sizes = await store.audiences.sizes(await audienceIn(store), 0)
    expect(sizes).toEqual([
      { atMs: startMs, desired: 2, applied: 0 },
      { atMs: startMs + 3 * hourMs, desired: 2, applied: 0 },
    ])
    expect(await store.audiences.sizes(await audienceIn(store), startMs + hourMs)).toEqual(sizes.slice(1))
    await end(startMs + 90 * 24 * hourMs + 2 * hourMs)
    expect(await store.audiences.sizes(await audienceIn(store), 0)).toHaveLength(2)
  })
})

describe('expel', () => {
  it('puts out whom a whole load has not named, and nobody of whom something newer was said', async () => {
    const store = open()
    await foldAll(store, [membership('old', true, startMs), membership('new', true, startMs + 10)])
    const step = await store.audiences.expel(await audienceIn(store), { beforeMs: startMs + 5, after: '' })
    expect(step).toEqual({ expelled: 1, next: undefined })
    expect(await desiredIn(store)).toEqual(['new'])
  })
})

describe('doorSecret', () => {
  it('keeps the first one, sealed', async () => {
    const store = open()
    expect(await store.audiences.doorSecret(con, 'first')).toBe('first')
    expect(await store.audiences.doorSecret(con, 'second')).toBe('first')
  })
})

describe('takeCall', () => {
  it('keeps 10 in 10 s and 850 in 15 min over two processes, by the key', async () => {
    const path = temporaryFile()
    const stores = [open(path), open(path)]
    const grantedAtMs: number[] = []
    let nowMs = startMs
    for (let turn = 0; grantedAtMs.length < 900; turn += 1) {
      const answer = await (stores[turn % 2] as Store).audiences.takeCall('console-a', nowMs)
      if (answer.granted) grantedAtMs.push(nowMs)
      else nowMs += answer.waitMs
    }
    const worst = (windowMs: number) =>
      Math.max(
        ...grantedAtMs.map((from) => grantedAtMs.filter((at) => at >= from && at < from + windowMs).length),
      )
    expect(worst(10_000)).toBe(10)
    expect(worst(900_000)).toBe(850)
    expect(await (stores[0] as Store).audiences.takeCall('console-b', nowMs)).toMatchObject({ granted: true })
  })

  it('is asked by two operating-system processes and grants them together what one may have', async () => {
    const path = temporaryFile()
    open(path)
    const script = fileURLToPath(new URL('./taking-process.ts', import.meta.url))
    const args = ['--import', 'tsx', script, path, String(Date.now() + 2_500), '45000']
    const run = async () => JSON.parse((await execute(process.execPath, args)).stdout) as number[]
    const taken = await Promise.all([run(), run()])
    const all = taken.flat()
    const worst = Math.max(
      ...all.map((from) => all.filter((atMs) => atMs >= from && atMs < from + 10_000).length),
    )
    expect(worst).toBe(10)
    // Neither is starved: what one did not get, the other did.
    expect(all.length).toBeGreaterThanOrEqual(40)
  }, 30_000)

  it('is asked by two processes at once and never grants one too many', async () => {
    const path = temporaryFile()
    const [a, b] = [open(path), open(path)]
    const asked = Array.from({ length: 30 }, (_, index) =>
      (index % 2 === 0 ? a : b).audiences.takeCall('console-a', startMs + index),
    )
    const granted = (await Promise.all(asked)).filter((answer) => answer.granted)
    expect(granted).toHaveLength(10)
  })
})
