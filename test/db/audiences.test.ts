import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Audience, PlacedMembership, Store } from '../../core/ports.ts'
import { createSecretBox } from '../../db/secret-box.ts'
import { openStore } from '../../db/store.ts'
import { membership } from '../support/audiences.ts'
import { temporaryFile } from './temporary.ts'

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
