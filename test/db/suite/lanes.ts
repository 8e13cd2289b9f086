// Cases of LaneStore but for claims: lease, read, commit, fail, hold, sleep.
import { describe, expect, it } from 'vitest'
import type { Store } from '../../../core/ports.ts'
import { create, names, request, startMs } from './requests.ts'
import {
  attempt,
  endNext,
  ended,
  idsIn,
  laneOf,
  openLane,
  openWorld,
  totalsOf,
  type OpenStorePair,
} from './world.ts'

const lost = { code: 'lane_lost' }
const entryIdsOf = async (store: Store) =>
  (await store.messages.list('con_1', {}, { limit: 100 })).entries.map(
    ({ id, outcome }) => `${id} ${outcome}`,
  )

export function laneCases(open: OpenStorePair): void {
  describe('lanes: the lease', () => {
    it('takes the next epoch with each opening, wherever it happens', async () => {
      const { a, b } = await openWorld(open)
      const first = await openLane(a)
      const second = await openLane(b)
      expect(second).toEqual({ ...first, epoch: first.epoch + 1 })
      expect(await laneOf(a)).toMatchObject({ state: 'running', touchedAtMs: startMs })
    })

    it('does not open what there is not', async () => {
      const { a } = await openWorld(open)
      await expect(a.lanes.open('con_1', 'replay:x', startMs)).rejects.toMatchObject({ code: 'not_found' })
    })

    it('lets an older lease write nothing', async () => {
      const { a, b } = await openWorld(open)
      await a.inbox.append(request(['m1', 'm2']))
      const older = await openLane(a)
      await openLane(b)
      const before = [await laneOf(b), await totalsOf(b), await entryIdsOf(b)]
      const done = { attempts: [attempt(1, 1)], settingsVersion: 1, nowMs: startMs + 9 }
      await expect(a.lanes.commit(older, { entries: [ended(1)], ...done })).rejects.toMatchObject(lost)
      await expect(a.lanes.fail(older, [attempt(1, 2)], 'down')).rejects.toMatchObject(lost)
      await expect(a.lanes.hold(older, 'needs_attention', 'no', startMs)).rejects.toMatchObject(lost)
      expect(await a.lanes.sleep(older)).toBe(false)
      expect([await laneOf(b), await totalsOf(b), await entryIdsOf(b)]).toEqual(before)
      expect(await b.connections.get('con_1')).toMatchObject({ status: 'active' })
      expect((await storyOf(b, 1)).attempts).toEqual([])
    })

    it('lets a lease commit on its own cursor only', async () => {
      const { a } = await openWorld(open)
      await a.inbox.append(request(['m1', 'm2']))
      const lease = await openLane(a)
      await endNext(a, lease, 1)
      await expect(endNext(a, lease, 1)).rejects.toMatchObject(lost)
      expect(await totalsOf(a)).toMatchObject({ delivered: 1, pending: 1 })
    })

    it.each([
      ['of the connection', { paused: true }],
      ['of the lane', { lanePauses: { events: true } }],
    ])('does not open during a pause %s', async (_of, change) => {
      const { a, b } = await openWorld(open)
      const running = await openLane(b)
      await a.connections.update('con_1', change, startMs)
      expect(await b.lanes.check(running)).toBe('paused')
      expect(await b.lanes.open('con_1', 'events', startMs)).toMatchObject({ held: 'paused' })
      expect(await laneOf(a)).toMatchObject({ state: 'paused' })
    })

    it('does not open while it needs attention', async () => {
      const { a, b } = await openWorld(open)
      await a.lanes.hold(await openLane(a), 'needs_attention', 'refused', startMs)
      expect(await b.lanes.open('con_1', 'events', startMs)).toMatchObject({ held: 'needs_attention' })
    })

    it('says before a send whether the lane is still ours', async () => {
      const { a, b } = await openWorld(open)
      const older = await openLane(a)
      expect(await a.lanes.check(older)).toBe('ours')
      const newer = await openLane(b)
      expect(await a.lanes.check(older)).toBe('lost')
      expect(await b.lanes.check(newer)).toBe('ours')
    })

    it('sees that another connection has committed', async () => {
      const { a, b } = await openWorld(open)
      const before = b.lanes.version()
      expect(b.lanes.version()).toBe(before)
      await a.inbox.append(request(['m1']))
      expect(b.lanes.version()).not.toBe(before)
    })
  })

  describe('lanes: reading', () => {
    it('reads whole rows until enough entries are covered', async () => {
      const { a } = await openWorld(open)
      for (const prefix of ['a', 'b', 'c']) await a.inbox.append(request(names(prefix, 4)))
      const rows = await a.lanes.read(await openLane(a), 5)
      expect(rows.map(({ firstSeq, lastSeq }) => [firstSeq, lastSeq])).toEqual([
        [1, 4],
        [5, 8],
      ])
      const lease = await openLane(a)
      expect(await a.lanes.read(lease, 4)).toHaveLength(1)
      expect(await a.lanes.read(lease, 8)).toHaveLength(2)
      expect(await a.lanes.read(lease, 100)).toHaveLength(3)
    })

    it('goes on in the middle of a large request', async () => {
      const { a, b } = await openWorld(open)
      await a.inbox.append(request(names('m', 10)))
      const lease = await endNext(b, await openLane(b), 6)
      const rows = await b.lanes.read(lease, 100)
      expect(rows).toMatchObject([{ firstSeq: 1, lastSeq: 10 }])
      expect(await idsIn(b, rows, lease.cursor)).toEqual(['m7', 'm8', 'm9', 'm10'])
      expect(await b.lanes.read(await endNext(b, lease, 4), 100)).toEqual([])
    })

    it('fails loudly for a body that is not there', async () => {
      const { a } = await openWorld(open)
      await expect(a.lanes.body(99)).rejects.toThrow('request 99 is gone')
    })
  })

  describe('lanes: endings', () => {
    it('moves the cursor, ends the entries and counts them, by minute and in total', async () => {
      const { a, b } = await openWorld(open)
      await a.inbox.append(request(names('m', 4), { receivedAtMs: startMs }))
      const outcomes = ['delivered', 'filtered', 'skipped', 'rejected'] as const
      const as = (seq: number) => ({ outcome: outcomes[seq - 1] ?? 'delivered', reason: `r${seq}` })
      const lease = await endNext(a, await openLane(a), 4, { as, nowMs: startMs + 60_000 })
      expect(lease.cursor).toBe(4)
      expect(await laneOf(b)).toMatchObject({ pending: 0, touchedAtMs: startMs + 60_000 })
      const [events] = await b.stats.read('con_1', { sinceMs: 0, stepMs: 60_000 })
      const one = { delivered: 1, filtered: 1, skipped: 1, rejected: 1 }
      const none = { delivered: 0, filtered: 0, skipped: 0, rejected: 0 }
      expect(events?.totals).toEqual({ accepted: 4, ...one, pending: 0 })
      expect(events?.series).toEqual([
        { atMs: startMs, accepted: 4, ...none },
        { atMs: startMs + 60_000, accepted: 0, ...one },
      ])
    })

    it.each([
      ['leave a gap', [1, 3]],
      ['do not begin at the cursor', [2, 3]],
      ['repeat a position', [1, 1]],
      ['were never appended', [1, 2, 3, 4]],
    ])('ends nothing when the entries %s', async (_why, seqs) => {
      const { a } = await openWorld(open)
      await a.inbox.append(request(names('m', 3)))
      const lease = await openLane(a)
      await a.lanes.claim(lease, [{ seq: 1, messageId: 'm1' }], startMs)
      const entries = seqs.map((seq) => ended(seq, { outcome: 'rejected' }))
      const done = { entries, attempts: [attempt(1, 3)], settingsVersion: 1, nowMs: startMs }
      await expect(a.lanes.commit(lease, done)).rejects.toThrow('entry')
      expect(await totalsOf(a)).toMatchObject({ rejected: 0, pending: 3 })
      const story = await storyOf(a, 1)
      expect([story.outcome, story.attempts]).toEqual(['pending', []])
      // The claim is still held, and the lease is still good.
      expect(await a.lanes.claim(lease, [{ seq: 2, messageId: 'm1' }], startMs)).toEqual(new Set([2]))
      expect((await endNext(a, lease, 3)).cursor).toBe(3)
    })

    it('records attempts that ended nothing, and why it waits, until something ends', async () => {
      const { a, b } = await openWorld(open)
      await a.inbox.append(request(['m1']))
      const lease = await openLane(a)
      await a.lanes.fail(lease, [attempt(1, 1, { status: 503, code: 'wait', answer: undefined })], 'HTTP 503')
      expect(await laneOf(b)).toMatchObject({ state: 'running', reason: 'HTTP 503', pending: 1 })
      await endNext(a, lease, 1, { attempts: [attempt(1, 1)] })
      expect(await laneOf(b)).toMatchObject({ reason: undefined, pending: 0 })
      expect((await storyOf(b, 1)).attempts.map(({ code }) => code)).toEqual(['wait', 'accepted'])
    })

    it('counts a failure as a sign of life, and one without an attempt as no step back', async () => {
      const { a } = await openWorld(open)
      const lease = await openLane(a)
      await a.lanes.fail(lease, [attempt(1, 1, { atMs: startMs + 50 })], 'down')
      await a.lanes.fail(lease, [], 'down')
      expect(await laneOf(a)).toMatchObject({ touchedAtMs: startMs + 50 })
    })
  })

  describe('lanes: held and asleep', () => {
    it('holds a lane with its reason', async () => {
      const { a, b } = await openWorld(open)
      await a.lanes.hold(await openLane(a), 'needs_attention', 'the key is refused', startMs + 3)
      expect(await laneOf(b)).toMatchObject({
        state: 'needs_attention',
        reason: 'the key is refused',
        touchedAtMs: startMs + 3,
      })
    })

    it('leaves a lane asleep whose pause ended before it was held', async () => {
      const { a, b } = await openWorld(open)
      await a.inbox.append(request(['m1']))
      const lease = await openLane(b)
      await a.connections.update('con_1', { paused: true }, startMs)
      expect(await b.lanes.check(lease)).toBe('paused')
      await a.connections.update('con_1', { paused: false }, startMs)
      await b.lanes.hold(lease, 'paused', undefined, startMs)
      expect(await laneOf(a)).toMatchObject({ state: 'asleep' })
      expect(await a.inbox.append(request(['m2']))).toEqual({ asleep: ['events'] })
    })

    it('sleeps only when it is empty', async () => {
      const { a, b } = await openWorld(open)
      const lease = await openLane(b)
      await a.inbox.append(request(['m1']))
      expect(await b.lanes.sleep(lease)).toBe(false)
      expect(await laneOf(a)).toMatchObject({ state: 'running' })
      expect(await b.lanes.sleep(await endNext(b, lease, 1))).toBe(true)
      expect(await laneOf(a)).toMatchObject({ state: 'asleep' })
    })

    it('is never asleep with a message of which nobody was told', async () => {
      const { a, b } = await openWorld(open)
      for (let round = 0; round < 40; round += 1) {
        const lease = await openLane(b)
        const appending = a.inbox.append(request([`m${round}`]))
        // The append commits in the next turn of the event loop: once sleep comes first, once it comes second.
        if (round % 2 === 0) await new Promise(setImmediate)
        const [{ asleep }, slept] = await Promise.all([appending, b.lanes.sleep(lease)])
        const { state, pending } = await laneOf(a)
        expect(pending).toBe(1)
        expect(slept).toBe(state === 'asleep')
        expect(asleep).toEqual(slept ? ['events'] : [])
        await endNext(b, await openLane(b), 1)
      }
    })

    it('lists lanes with work that nobody does', async () => {
      const { a } = await openWorld(open)
      const since = startMs + 1_000
      const ids = ['asleep', 'silent', 'fresh', 'paused', 'lane-paused', 'needs', 'empty']
      for (const id of ids) {
        await create(a, { id })
        if (id !== 'empty') await a.inbox.append(request(['m'], { connectionId: id }))
      }
      await a.lanes.open('silent', 'events', since - 1)
      await a.lanes.open('fresh', 'events', since)
      await a.connections.update('paused', { paused: true }, startMs)
      await a.connections.update('lane-paused', { lanePauses: { events: true } }, startMs)
      const needs = await a.lanes.open('needs', 'events', startMs)
      if (!('held' in needs)) await a.lanes.hold(needs, 'needs_attention', 'no', startMs)
      expect(await a.lanes.forsaken(since)).toEqual([
        { connectionId: 'asleep', lane: 'events', state: 'asleep' },
        { connectionId: 'silent', lane: 'events', state: 'running' },
      ])
    })
  })
}

async function storyOf(store: Store, seq: number) {
  const { laneId } = await laneOf(store)
  const story = await store.messages.get(`msg_${laneId}_${seq}`)
  if (!story) throw new Error(`no entry ${seq}`)
  return story
}
