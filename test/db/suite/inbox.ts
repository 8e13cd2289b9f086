// Cases of Inbox: what is accepted is there, in order, and the lanes that sleep are named.
import { describe, expect, it } from 'vitest'
import type { Store } from '../../../core/ports.ts'
import { create, names, request, startMs } from './requests.ts'
import {
  endNext,
  idsIn,
  isUnbroken,
  laneOf,
  openLane,
  openWorld,
  totalsOf,
  type OpenStorePair,
} from './world.ts'

export function inboxCases(open: OpenStorePair): void {
  describe('inbox', () => {
    it('keeps a request as it came, for the other process to read', async () => {
      const { a, b } = await openWorld(open)
      const sent = request(['m1', 'm2'], { callerIp: '203.0.113.7', receivedAtMs: startMs + 1 })
      await a.inbox.append(sent)
      const [row] = await b.lanes.read(await openLane(b), 10)
      expect(row).toMatchObject({
        firstSeq: 1,
        lastSeq: 2,
        items: undefined,
        sole: true,
        receivedAtMs: startMs + 1,
        source: 'tracking',
        call: 'batch',
        callerIp: '203.0.113.7',
      })
      expect(Buffer.from(await b.lanes.body(row?.requestId ?? 0))).toEqual(sent.body)
    })

    it('keeps the order of calls within a lane, whoever shares a commit', async () => {
      const { a, b } = await openWorld(open)
      const sent = names('m', 120)
      await Promise.all(sent.map((id) => a.inbox.append(request([id]))))
      const rows = await b.lanes.read(await openLane(b), 1000)
      expect(await idsIn(b, rows, 0)).toEqual(sent)
    })

    it('puts items of one request into several lanes, apart by whether they are in one lane only', async () => {
      const { a, b } = await openWorld(open)
      const lanes = [
        { lane: 'events', items: [0, 3], count: 2, sole: true },
        { lane: 'events', items: [1], count: 1, sole: false },
        { lane: 'audiences', items: [1, 2], count: 2, sole: false },
      ] as const
      const { asleep } = await a.inbox.append(
        request(['m0', 'm1', 'm2', 'm3'], {
          lanes: lanes.map((lane) => ({ ...lane, items: [...lane.items] })),
        }),
      )
      expect(asleep).toEqual(['events', 'audiences'])
      const events = await b.lanes.read(await openLane(b), 10)
      expect(await idsIn(b, events, 0)).toEqual(['m0', 'm3', 'm1'])
      expect(events.map(({ sole }) => sole)).toEqual([true, false])
      const audiences = await b.lanes.read(await openLane(b, 'audiences'), 10)
      expect(await idsIn(b, audiences, 0)).toEqual(['m1', 'm2'])
    })

    it('names the lane exactly while it sleeps', async () => {
      const { a, b } = await openWorld(open)
      expect(await a.inbox.append(request(['m1']))).toEqual({ asleep: ['events'] })
      let lease = await openLane(b)
      expect(await a.inbox.append(request(['m2']))).toEqual({ asleep: [] })
      lease = await endNext(b, lease, 2)
      expect(await b.lanes.sleep(lease)).toBe(true)
      expect(await a.inbox.append(request(['m3']))).toEqual({ asleep: ['events'] })
      await a.connections.update('con_1', { paused: true }, startMs)
      await b.lanes.open('con_1', 'events', startMs)
      expect(await a.inbox.append(request(['m4']))).toEqual({ asleep: [] })
    })

    it('writes nothing for lanes that get nothing', async () => {
      const { a } = await openWorld(open)
      const empty = { lane: 'late', items: [], count: 0, sole: true } as const
      const lanes = [{ ...empty, items: [] }, ...request(['m1']).lanes]
      expect(await a.inbox.append(request(['m1'], { lanes }))).toEqual({ asleep: ['events'] })
      expect(await a.inbox.append(request([], { lanes: [] }))).toEqual({ asleep: [] })
      expect(await laneOf(a, 'late')).toMatchObject({ pending: 0 })
      expect(await totalsOf(a)).toMatchObject({ accepted: 1 })
    })

    it('fails a request of an unknown connection alone', async () => {
      const { a } = await openWorld(open)
      const results = await Promise.allSettled([
        a.inbox.append(request(['m1'])),
        a.inbox.append(request(['x'], { connectionId: 'con_gone' })),
        a.inbox.append(request(['m2'])),
      ])
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
      expect(await idsIn(a, await a.lanes.read(await openLane(a), 10), 0)).toEqual(['m1', 'm2'])
    })

    it('counts a message of 1970 once', async () => {
      const { a } = await openWorld(open)
      await a.inbox.append(request(['m1'], { receivedAtMs: 0 }))
      await a.inbox.append(request(['m2'], { receivedAtMs: -1 }))
      expect(await totalsOf(a)).toMatchObject({ accepted: 2, pending: 2 })
    })

    it('shows positions in order to a drain while two processes append, and skips none', async () => {
      const { a, b } = await openWorld(open)
      const appending = Promise.all([appendAll(a, 'a'), appendAll(b, 'b')])
      const appended = { all: false }
      void appending.then(() => (appended.all = true))

      const seen: string[] = []
      let lease = await openLane(b)
      for (;;) {
        const done = appended.all
        const rows = await b.lanes.read(lease, 7)
        if (rows.length === 0 && done) break
        expect(isUnbroken(rows, lease.cursor)).toBe(true)
        const ids = (await idsIn(b, rows, lease.cursor)).slice(0, 7)
        seen.push(...ids)
        lease = await endNext(b, lease, ids.length)
        await new Promise(setImmediate)
      }
      const [sentByA, sentByB] = await appending
      expect(seen.filter((id) => id.startsWith('a'))).toEqual(sentByA)
      expect(seen.filter((id) => id.startsWith('b'))).toEqual(sentByB)
      expect(lease.cursor).toBe(sentByA.length + sentByB.length)
    })

    it('never uses a position twice, also when everything that was ended is gone', async () => {
      const { a, b, purgeEnded } = await openWorld(open)
      await a.inbox.append(request(['m1', 'm2', 'm3']))
      const lease = await endNext(b, await openLane(b), 3)
      await purgeEnded()
      await a.inbox.append(request(['m4']))
      expect(await b.lanes.read(lease, 10)).toMatchObject([{ firstSeq: 4, lastSeq: 4 }])
    })

    it('keeps the lanes of two connections apart', async () => {
      const { a } = await openWorld(open)
      await create(a, { id: 'con_2' })
      await a.inbox.append(request(['m1'], { connectionId: 'con_2' }))
      expect(await laneOf(a, 'events', 'con_1')).toMatchObject({ pending: 0 })
      expect(await laneOf(a, 'events', 'con_2')).toMatchObject({ pending: 1, oldestPendingAtMs: startMs })
    })
  })
}

/** Requests of one to five messages, three under way at a time; answers the ids in the order of the calls. */
async function appendAll(store: Store, prefix: string): Promise<string[]> {
  const ids = names(prefix, 150)
  const left = [...ids]
  while (left.length > 0) {
    const group = [left.splice(0, 1), left.splice(0, 5), left.splice(0, 2)].filter(({ length }) => length > 0)
    await Promise.all(group.map((some) => store.inbox.append(request(some))))
  }
  return ids
}
