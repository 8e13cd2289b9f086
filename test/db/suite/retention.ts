// What retention removes and what it must not touch.
import { describe, expect, it } from 'vitest'
import type { AcceptedRequest, Store } from '../../../core/ports.ts'
import type { Removed } from '../../../core/retention-ports.ts'
import { names, request, startMs } from './requests.ts'
import { attempt, endNext, openLane, openWorld, sumOf, totalsOf, type OpenStorePair } from './world.ts'

const dayMs = 86_400_000

/** Plays an iteration to its end and adds up what it handed out. */
export async function all(steps: AsyncIterable<Removed>): Promise<Removed> {
  const sum = { requests: 0, entries: 0, bytes: 0 }
  for await (const { requests, entries, bytes } of steps) {
    sum.requests += requests
    sum.entries += entries
    sum.bytes += bytes
  }
  return sum
}
export async function sum(steps: AsyncIterable<number>): Promise<number> {
  let total = 0
  for await (const step of steps) total += step
  return total
}

const held = async (store: Store): Promise<string[]> => {
  const { entries } = await store.messages.list('con_1', {}, { limit: 100 })
  return entries.map(({ messageId = '?', lane, outcome }) => `${messageId} ${lane} ${outcome}`)
}

/** The same messages in both lanes. */
const inTwoLanes = (ids: string[]): AcceptedRequest =>
  request(ids, {
    lanes: [
      { lane: 'events', items: undefined, count: ids.length, sole: false },
      { lane: 'audiences', items: undefined, count: ids.length, sole: false },
    ],
  })

export function retentionCases(open: OpenStorePair): void {
  describe('retention.purgeEnded', () => {
    it('removes what ended before the moment, with its body and its story, and nothing of what ended later', async () => {
      const { a, b } = await openWorld(open)
      for (const id of ['m1', 'm2', 'm3']) await a.inbox.append(request([id]))
      let lease = await openLane(a)
      for (const day of [1, 2, 3])
        lease = await endNext(a, lease, 1, { nowMs: startMs + day * dayMs, attempts: [attempt(day, day)] })
      const before = await a.retention.holdings()
      const removed = await all(a.retention.purgeEnded(startMs + 3 * dayMs))
      expect(removed).toMatchObject({ requests: 2, entries: 2 })
      expect(await held(b)).toEqual(['m3 events delivered'])
      expect(await b.messages.get('msg_1_1')).toBeUndefined()
      expect(await b.messages.get('msg_1_3')).toMatchObject({
        outcome: 'delivered',
        attempts: [{ lastSeq: 3 }],
      })
      const after = await b.retention.holdings()
      expect(before.requests - after.requests).toBe(2)
      expect(before.bodiesBytes - after.bodiesBytes).toBe(removed.bytes)
      expect(after.bodiesBytes).toBe(request(['m3']).body.length)
    })

    it('never touches what is pending, however old', async () => {
      const { a, b } = await openWorld(open)
      await a.inbox.append(request(names('m', 3)))
      await a.inbox.append(request(['n1']))
      const lease = await endNext(a, await openLane(a), 2)
      expect(await all(a.retention.purgeEnded(Infinity))).toEqual({ requests: 0, entries: 0, bytes: 0 })
      // The third message of the first request waits: all of that request is there to be read.
      const rows = await b.lanes.read(lease, 10)
      expect(rows).toMatchObject([{ firstSeq: 1, lastSeq: 3 }, { firstSeq: 4 }])
      for (const { requestId } of rows) expect((await b.lanes.body(requestId)).length).toBeGreaterThan(0)
    })

    it('keeps a body while an entry of it waits in any lane, and removes it with the last', async () => {
      const { a, b } = await openWorld(open)
      await a.inbox.append(inTwoLanes(['m1', 'm2']))
      await endNext(a, await openLane(a), 2)
      expect(await all(a.retention.purgeEnded(Infinity))).toMatchObject({ requests: 0, entries: 2 })
      const lease = await openLane(b, 'audiences')
      const [row] = await b.lanes.read(lease, 10)
      expect(await b.lanes.body(row?.requestId ?? 0)).toEqual(inTwoLanes(['m1', 'm2']).body)
      expect(await held(b)).toEqual(['m2 audiences pending', 'm1 audiences pending'])
      await endNext(b, lease, 2)
      expect(await all(b.retention.purgeEnded(Infinity))).toMatchObject({ requests: 1, entries: 2 })
      expect(await a.retention.holdings()).toMatchObject({
        requests: 0,
        bodiesBytes: 0,
        oldestAtMs: undefined,
      })
    })

    it('leaves positions, cursor and totals: what comes next follows what was', async () => {
      const { a } = await openWorld(open)
      await a.inbox.append(request(names('m', 5)))
      const lease = await endNext(a, await openLane(a), 5)
      await all(a.retention.purgeEnded(Infinity))
      expect(await totalsOf(a)).toMatchObject({ accepted: 5, delivered: 5, pending: 0 })
      await a.inbox.append(request(['next']))
      expect(await a.lanes.read(lease, 10)).toMatchObject([{ firstSeq: 6, lastSeq: 6 }])
      await endNext(a, lease, 1)
      expect(await totalsOf(a)).toMatchObject({ accepted: 6, delivered: 6 })
      expect(await held(a)).toEqual(['m6 events delivered'])
    })

    it('takes the oldest first, whichever lane it is in', async () => {
      const { a } = await openWorld(open)
      const lanes = ['events', 'late'] as const
      const leases = { events: await openLane(a, 'events'), late: await openLane(a, 'late') }
      for (let day = 1; day <= 6; day += 1) {
        const lane = lanes[day % 2] ?? 'events'
        const count = { lane, items: undefined, count: 1, sole: true }
        await a.inbox.append(request([`m${day}`], { receivedAtMs: startMs + day * dayMs, lanes: [count] }))
        leases[lane] = await endNext(a, leases[lane], 1, { nowMs: startMs + day * dayMs })
      }
      const left: (number | undefined)[] = []
      for await (const { entries } of a.retention.purgeEnded(Infinity)) {
        expect(entries).toBe(1)
        left.push(((await a.retention.holdings()).oldestAtMs ?? 0) - startMs)
      }
      expect(left).toEqual([2 * dayMs, 3 * dayMs, 4 * dayMs, 5 * dayMs, 6 * dayMs, -startMs])
    })

    it('removes a request of thousands of messages piece by piece, and shows no entry that is half gone', async () => {
      const { a, b } = await openWorld(open)
      await a.inbox.append(request(names('m', 4_500)))
      let lease = await openLane(a)
      for (let i = 0; i < 9; i += 1) lease = await endNext(a, lease, 500)
      const steps: number[] = []
      for await (const { entries, requests } of a.retention.purgeEnded(Infinity)) {
        steps.push(entries)
        if (requests > 0) break
        const gone = steps.reduce((sum, n) => sum + n, 0)
        expect(await b.messages.get(`msg_1_${gone}`)).toBeUndefined()
        expect(await b.messages.get(`msg_1_${gone + 1}`)).toMatchObject({ outcome: 'delivered' })
        const { entries: listed, next } = await b.messages.list('con_1', {}, { limit: 4_500 })
        expect({ listed: listed.length, next }).toEqual({ listed: 4_500 - gone, next: undefined })
      }
      expect(steps).toEqual([2_000, 2_000, 500])
      expect(await a.retention.holdings()).toMatchObject({ requests: 0 })
    })

    it('keeps what it did when it is broken off, and goes on from there', async () => {
      const { a, b } = await openWorld(open)
      for (let i = 0; i < 3; i += 1) await a.inbox.append(request(names(`m${i}-`, 1_500)))
      let lease = await openLane(a)
      for (let i = 0; i < 9; i += 1) lease = await endNext(a, lease, 500)
      for await (const { entries } of a.retention.purgeEnded(Infinity)) {
        expect(entries).toBe(1_500)
        break
      }
      expect(await all(b.retention.purgeEnded(Infinity))).toMatchObject({ requests: 2, entries: 3_000 })
    })

    it('takes nothing from a drain and an accept that go on beside it', async () => {
      const { a, b } = await openWorld(open)
      let lease = await openLane(a)
      let removed = 0
      for (let round = 0; round < 20; round += 1) {
        await a.inbox.append(round % 2 === 0 ? inTwoLanes(names('m', 7)) : request(names('n', 4)))
        const waiting = (await totalsOf(a)).pending
        if (round % 3 > 0) lease = await endNext(a, lease, Math.ceil(waiting / 2))
        for await (const step of b.retention.purgeEnded(Infinity)) removed += step.entries
        const [row] = await a.lanes.read(lease, 1)
        expect(row && row.firstSeq <= lease.cursor + 1 && row.lastSeq > lease.cursor).toBe(true)
        expect((await a.lanes.body(row?.requestId ?? 0)).length).toBeGreaterThan(0)
      }
      const totals = await totalsOf(a)
      expect(totals.accepted).toBe(sumOf(totals))
      expect(removed).toBeGreaterThan(0)
      expect(removed).toBeLessThanOrEqual(lease.cursor)
    })
  })

  describe('retention.purgeClaims', () => {
    const claimed = async (store: Store, day: number, ids: string[]): Promise<number> => {
      await store.inbox.append(request(ids))
      const lease = await openLane(store)
      const entries = ids.map((messageId, index) => ({ seq: lease.cursor + 1 + index, messageId }))
      const duplicates = await store.lanes.claim(lease, entries, startMs + day * dayMs)
      await endNext(store, lease, ids.length)
      return duplicates.size
    }

    it('lets claims outlive their bodies, and removes those of days before the moment', async () => {
      const { a, b } = await openWorld(open)
      await claimed(a, 0, ['old'])
      await claimed(a, 5, ['new'])
      await all(a.retention.purgeEnded(Infinity))
      expect(await claimed(b, 6, ['old', 'new'])).toBe(2)
      await sum(a.retention.purgeClaims(startMs + 5 * dayMs))
      expect(await claimed(b, 6, ['old', 'new'])).toBe(1)
    })

    it('looks through all of them once a day', async () => {
      const { a } = await openWorld(open)
      const steps = async (beforeMs: number): Promise<number> => {
        const handedOut: number[] = []
        for await (const removed of a.retention.purgeClaims(beforeMs)) handedOut.push(removed)
        return handedOut.length
      }
      expect(await steps(startMs)).toBe(1)
      expect(await steps(startMs + 3_600_000)).toBe(0)
      expect(await steps(startMs + dayMs)).toBe(1)
    })
  })

  describe('retention.purgeMinutes', () => {
    it('removes the minutes before the moment and leaves the totals', async () => {
      const { a } = await openWorld(open)
      for (let minute = 0; minute < 4; minute += 1)
        await a.inbox.append(request([`m${minute}`], { receivedAtMs: startMs + minute * 60_000 }))
      expect(await sum(a.retention.purgeMinutes(startMs + 2 * 60_000))).toBe(2)
      const stats = await a.stats.read('con_1', { sinceMs: 0, stepMs: 60_000 })
      const events = stats.find(({ lane }) => lane === 'events')
      expect(events?.series.map(({ atMs }) => atMs - startMs)).toEqual([120_000, 180_000])
      expect(events?.totals).toMatchObject({ accepted: 4, pending: 4 })
    })
  })

  describe('retention.change', () => {
    it('is unset until someone chooses, and is then the same for every process', async () => {
      const { a, b } = await openWorld(open)
      expect(await a.retention.settings()).toEqual({ days: undefined, maxBytes: undefined })
      await a.retention.change({ days: 30, maxBytes: 5_000_000_000 }, startMs)
      expect(await b.retention.settings()).toEqual({ days: 30, maxBytes: 5_000_000_000 })
      await b.retention.change({ days: 7, maxBytes: undefined }, startMs)
      expect(await a.retention.settings()).toEqual({ days: 7, maxBytes: undefined })
    })
  })
}
