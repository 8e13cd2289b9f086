// Cases of MessageStore: the explorer's list and the story of one entry.
import { describe, expect, it } from 'vitest'
import type { LaneName } from '../../../core/lanes.ts'
import type { Entry, MessageQuery, Store } from '../../../core/ports.ts'
import { names, request, startMs } from './requests.ts'
import { attempt, endNext, laneOf, openLane, openWorld, type OpenStorePair } from './world.ts'

const idsOf = (entries: Entry[]) => entries.map(({ messageId }) => messageId)
const one = (lane: LaneName) => [{ lane, items: undefined, count: 1, sole: true }]

/** Follows the cursor to the end. */
async function pagesOf(store: Store, query: MessageQuery, limit: number): Promise<Entry[][]> {
  const pages: Entry[][] = []
  let after: string | undefined
  do {
    const page = await store.messages.list('con_1', query, {
      limit,
      ...(after === undefined ? {} : { after }),
    })
    pages.push(page.entries)
    after = page.next
    if (pages.length > 1_000) throw new Error('the list does not end')
  } while (after !== undefined)
  return pages
}

/** Twelve messages of two lanes, a minute apart, alternating; of `events` the oldest two are ended, of `late` one. */
async function twoLanes(store: Store): Promise<void> {
  for (let minute = 1; minute <= 12; minute += 1) {
    const lanes = one(minute % 2 === 1 ? 'events' : 'late')
    await store.inbox.append(request([`m${minute}`], { lanes, receivedAtMs: startMs + minute * 60_000 }))
  }
  const indexed = (n: number) => ({ messageId: `m${n}`, event: `Event m${n}`, userId: `user-m${n}` })
  await endNext(store, await openLane(store, 'events'), 2, { as: (seq) => indexed(seq * 2 - 1) })
  const late = { outcome: 'skipped', reason: 'too_old', ...indexed(2) } as const
  await endNext(store, await openLane(store, 'late'), 1, { as: () => late })
}

export function messageCases(open: OpenStorePair): void {
  describe('messages: the list', () => {
    it('is newest first across lanes, pending ones included', async () => {
      const { a, b } = await openWorld(open)
      await twoLanes(a)
      const { entries, next, cut } = await b.messages.list('con_1', {}, { limit: 50 })
      expect(idsOf(entries)).toEqual(names('m', 12).reverse())
      expect([next, cut]).toEqual([undefined, false])
      expect(entries[0]).toMatchObject({
        connectionId: 'con_1',
        lane: 'late',
        outcome: 'pending',
        type: 'track',
        event: 'Event m12',
        userId: 'user-m12',
        receivedAtMs: startMs + 12 * 60_000,
        endedAtMs: undefined,
        settingsVersion: undefined,
      })
      expect(entries.at(-2)).toMatchObject({
        lane: 'late',
        outcome: 'skipped',
        reason: 'too_old',
        receivedAtMs: startMs + 2 * 60_000,
        endedAtMs: startMs,
        settingsVersion: 1,
      })
    })

    it.each([1, 2, 5, 11, 12])('comes in pages of %i without gap or repeat', async (limit) => {
      const { a } = await openWorld(open)
      await twoLanes(a)
      const pages = await pagesOf(a, {}, limit)
      expect(idsOf(pages.flat())).toEqual(names('m', 12).reverse())
      expect(pages).toHaveLength(Math.ceil(12 / limit))
    })

    it.each<[string, MessageQuery, string[]]>([
      ['a lane', { lane: 'late' }, ['m12', 'm10', 'm8', 'm6', 'm4', 'm2']],
      ['pending', { outcome: 'pending' }, ['m12', 'm11', 'm10', 'm9', 'm8', 'm7', 'm6', 'm5', 'm4']],
      ['delivered', { outcome: 'delivered' }, ['m3', 'm1']],
      ['skipped', { outcome: 'skipped' }, ['m2']],
      ['rejected', { outcome: 'rejected' }, []],
      ['an event that is pending', { event: 'Event m9' }, ['m9']],
      ['an event that is ended', { event: 'Event m3' }, ['m3']],
      ['a user', { userId: 'user-m2' }, ['m2']],
      ['a messageId', { messageId: 'm11' }, ['m11']],
      ['since', { sinceMs: startMs + 11 * 60_000 }, ['m12', 'm11']],
      ['until', { untilMs: startMs + 3 * 60_000 }, ['m2', 'm1']],
      ['a window', { sinceMs: startMs + 3 * 60_000, untilMs: startMs + 5 * 60_000 }, ['m4', 'm3']],
      ['two at once', { outcome: 'pending', userId: 'user-m1' }, []],
    ])('finds by %s, in one page or many', async (_by, query, found) => {
      const { a } = await openWorld(open)
      await twoLanes(a)
      expect(idsOf((await pagesOf(a, query, 50)).flat())).toEqual(found)
      expect(idsOf((await pagesOf(a, query, 1)).flat())).toEqual(found)
    })

    it('pages on without gap or repeat while messages arrive and end', async () => {
      const { a, b } = await openWorld(open)
      await a.inbox.append(request(names('m', 20)))
      let lease = await endNext(b, await openLane(b), 5)
      const seen: Entry[] = []
      let after: string | undefined
      do {
        const page = await a.messages.list(
          'con_1',
          {},
          { limit: 3, ...(after === undefined ? {} : { after }) },
        )
        seen.push(...page.entries)
        after = page.next
        await b.inbox.append(request(['new'], { receivedAtMs: startMs + 1 }))
        lease = await endNext(b, lease, 3)
      } while (after !== undefined)
      expect(idsOf(seen)).toEqual(names('m', 20).reverse())
    })

    it('pages without gap or repeat where the times of receipt do not follow the positions', async () => {
      const { a } = await openWorld(open)
      for (const [index, ms] of [50, 10, 40, 10, 60, 20].entries()) {
        const lanes = one(index % 2 === 0 ? 'events' : 'late')
        await a.inbox.append(request([`m${index}`], { lanes, receivedAtMs: startMs + ms }))
      }
      const all = idsOf((await pagesOf(a, {}, 50)).flat())
      expect([...all].sort()).toEqual(['m0', 'm1', 'm2', 'm3', 'm4', 'm5'])
      for (const limit of [1, 2, 3]) expect(idsOf((await pagesOf(a, {}, limit)).flat())).toEqual(all)
    })

    it('pages through the middle of a large request that is half ended', async () => {
      const { a } = await openWorld(open)
      await a.inbox.append(request(names('m', 30)))
      await endNext(a, await openLane(a), 13)
      const entries = (await pagesOf(a, {}, 4)).flat()
      expect(idsOf(entries)).toEqual(names('m', 30).reverse())
      expect(entries.filter(({ outcome }) => outcome === 'pending')).toHaveLength(17)
    })

    it('says that a long backlog was not searched to its end, and goes on from there', async () => {
      const { a } = await openWorld(open)
      await a.inbox.append(request(names('m', 2_500)))
      await a.inbox.append(
        request(names('n', 2_500), { lanes: [{ ...one('late')[0], count: 2_500 }] } as object),
      )
      const first = await a.messages.list('con_1', { messageId: 'm1' }, { limit: 10 })
      expect(first).toMatchObject({ entries: [], cut: true })
      expect(idsOf((await pagesOf(a, { messageId: 'm1' }, 10)).flat())).toEqual(['m1'])
    })

    it('finds what was ended though a long backlog lies before it, and misses nothing while that is drained', async () => {
      const { a, b } = await openWorld(open)
      const message = (n: number) => ({
        ...{ type: 'track', messageId: `m${n}`, event: 'E', userId: n % 100 === 0 ? 'wanted' : `u${n}` },
      })
      for (let from = 0; from < 4_000; from += 500) {
        const batch = Array.from({ length: 500 }, (_, n) => message(from + n))
        await a.inbox.append(
          request(names('m', 500), {
            body: Buffer.from(JSON.stringify({ batch })),
            receivedAtMs: startMs + from,
          }),
        )
      }
      const as = (seq: number) => message(seq - 1)
      let lease = await endNext(b, await openLane(b), 1_000, { as })
      const seen: Entry[] = []
      let after: string | undefined
      let pages = 0
      do {
        const page = await a.messages.list(
          'con_1',
          { userId: 'wanted' },
          { limit: 20, ...(after && { after }) },
        )
        pages += 1
        if (pages === 1) {
          expect(page.cut).toBe(true)
          expect(page.entries.filter(({ outcome }) => outcome !== 'pending')).toHaveLength(10)
        }
        seen.push(...page.entries)
        after = page.next
        lease = await endNext(b, lease, 150, { as })
      } while (after !== undefined && pages < 50)
      const expected = Array.from({ length: 40 }, (_, n) => `m${n * 100}`).sort()
      expect(idsOf(seen).sort()).toEqual(expected)
    })

    it('shows nothing older while a lane may still hold something newer that was not reached', async () => {
      const { a } = await openWorld(open)
      const wanted = { userId: 'user-x' }
      await a.inbox.append(request(['x'], { lanes: one('late'), receivedAtMs: startMs + 1 }))
      await a.inbox.append(request(['x'], { receivedAtMs: startMs + 2 }))
      await a.inbox.append(request(names('m', 2_500), { receivedAtMs: startMs + 3 }))
      const lanes = (await pagesOf(a, wanted, 10)).flat().map(({ lane }) => lane)
      expect(lanes).toEqual(['events', 'late'])
    })

    it('reads a bounded number of bytes at a time, however few the messages', async () => {
      const { a } = await openWorld(open)
      for (const id of names('m', 4)) {
        const message = { type: 'track', messageId: id, userId: 'u', event: 'E', pad: 'x'.repeat(3_000_000) }
        await a.inbox.append(request([id], { body: Buffer.from(JSON.stringify({ batch: [message] })) }))
      }
      const pages = await pagesOf(a, { userId: 'u' }, 10)
      expect(idsOf(pages.flat())).toEqual(['m4', 'm3', 'm2', 'm1'])
      expect(pages.length).toBeGreaterThan(1)
    })

    it('lists what is left when old entries are gone', async () => {
      const { a, purgeEnded } = await openWorld(open)
      await a.inbox.append(request(names('m', 4)))
      await endNext(a, await openLane(a), 3)
      await purgeEnded()
      expect(idsOf((await pagesOf(a, {}, 1)).flat())).toEqual(['m4'])
      expect((await pagesOf(a, { outcome: 'delivered' }, 1)).flat()).toEqual([])
    })

    it('is empty for a connection that is not there, and begins anew with a cursor that is none', async () => {
      const { a } = await openWorld(open)
      await twoLanes(a)
      expect(await a.messages.list('con_9', {}, { limit: 5 })).toEqual({
        entries: [],
        next: undefined,
        cut: false,
      })
      for (const after of ['garbage', Buffer.from('{"1":"x"}').toString('base64url')]) {
        expect(idsOf((await a.messages.list('con_1', {}, { after, limit: 1 })).entries)).toEqual(['m12'])
      }
    })
  })

  describe('messages: the story of one', () => {
    const storyOf = async (store: Store, seq: number, lane: LaneName = 'events') =>
      store.messages.get(`msg_${(await laneOf(store, lane)).laneId}_${seq}`)

    it('of a pending one has its place, its body and what can be read of it', async () => {
      const { a, b } = await openWorld(open)
      const sent = request(['m1', 'm2'])
      await a.inbox.append(sent)
      const story = await storyOf(b, 2)
      expect(story).toMatchObject({
        outcome: 'pending',
        messageId: 'm2',
        event: 'Event m2',
        userId: 'user-m2',
        item: 1,
        row: { firstSeq: 1, lastSeq: 2 },
        attempts: [],
        related: [],
      })
      expect(Buffer.from(story?.body ?? [])).toEqual(sent.body)
    })

    it('of an ended one has its ending and every attempt whose range holds it, oldest first', async () => {
      const { a, b } = await openWorld(open)
      await a.inbox.append(request(names('m', 4)))
      const lease = await openLane(a)
      const attempts = [
        attempt(1, 4, { status: 400, code: 'refused', answer: 'no', atMs: startMs + 1 }),
        attempt(1, 2, { atMs: startMs + 2 }),
        attempt(3, 4, { status: undefined, code: 'wait', answer: undefined, atMs: startMs + 3 }),
        attempt(3, 3, { atMs: startMs + 4 }),
        attempt(4, 4, { status: 400, code: 'refused', answer: 'no', atMs: startMs + 5 }),
      ]
      const rejected = {
        outcome: 'rejected',
        reason: 'vendor_refused',
        path: 'p',
        detail: 'HTTP 400',
      } as const
      await endNext(a, lease, 4, { attempts, as: (seq) => (seq === 4 ? rejected : {}) })
      expect((await storyOf(b, 2))?.attempts).toEqual([attempts[0], attempts[1]])
      expect((await storyOf(b, 3))?.attempts).toEqual([attempts[0], attempts[2], attempts[3]])
      expect(await storyOf(b, 4)).toMatchObject({ ...rejected, endedAtMs: startMs, settingsVersion: 1 })
      expect((await storyOf(b, 4))?.attempts).toEqual([attempts[0], attempts[2], attempts[4]])
    })

    it('has no attempts where a filter or a rule ended it within the range of a request', async () => {
      const { a } = await openWorld(open)
      await a.inbox.append(request(names('m', 3)))
      const outcomes = ['delivered', 'filtered', 'skipped'] as const
      await endNext(a, await openLane(a), 3, {
        attempts: [attempt(1, 3, { entries: 1 })],
        as: (seq) => ({ outcome: outcomes[seq - 1] ?? 'delivered' }),
      })
      const counts = await Promise.all([1, 2, 3].map(async (seq) => (await storyOf(a, seq))?.attempts.length))
      expect(counts).toEqual([1, 0, 0])
    })

    it('links the entries of one message in two lanes to each other', async () => {
      const { a } = await openWorld(open)
      const lanes = [
        { lane: 'events', items: [0], count: 1, sole: true },
        { lane: 'events', items: [1, 2], count: 2, sole: false },
        { lane: 'audiences', items: [1, 2, 3], count: 3, sole: false },
      ] as const
      await a.inbox.append(
        request(names('m', 4), { lanes: lanes.map((lane) => ({ ...lane, items: [...lane.items] })) }),
      )
      const inEvents = await storyOf(a, 3)
      const inAudiences = await storyOf(a, 2, 'audiences')
      expect([inEvents?.messageId, inAudiences?.messageId]).toEqual(['m3', 'm3'])
      expect(inEvents?.related).toEqual([inAudiences?.id])
      expect(inAudiences?.related).toEqual([inEvents?.id])
      expect((await storyOf(a, 1))?.related).toEqual([])
      expect((await storyOf(a, 3, 'audiences'))?.related).toEqual([])
    })

    it('is undefined for an entry that is not there', async () => {
      const { a } = await openWorld(open)
      await a.inbox.append(request(['m1']))
      for (const id of ['msg_1_2', 'msg_99_1', 'msg_1_0', 'msg_x', '']) {
        expect(await a.messages.get(id)).toBeUndefined()
      }
    })
  })
}
