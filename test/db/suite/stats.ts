// Cases of StatsStore and ProcessStore.
import { describe, expect, it } from 'vitest'
import { create, names, request, startMs } from './requests.ts'
import { endNext, openLane, openWorld, sumOf, type OpenStorePair } from './world.ts'

const minuteMs = 60_000

export function statsCases(open: OpenStorePair): void {
  describe('stats', () => {
    it('adds up at every read while another process appends and ends', async () => {
      const { a, b } = await openWorld(open)
      const writing = { over: false }
      const write = async () => {
        let lease = await openLane(a)
        for (let round = 0; round < 60; round += 1) {
          await a.inbox.append(request(names(`${round}-`, 3)))
          const outcomes = ['delivered', 'skipped', 'rejected'] as const
          lease = await endNext(a, lease, (round * 7) % 4 === 0 ? 3 : 2, {
            as: (seq) => ({ outcome: outcomes[seq % 3] ?? 'delivered' }),
          })
        }
        writing.over = true
      }
      const written = write()
      const seen = new Set<number>()
      while (!writing.over) {
        const [events] = await b.stats.read('con_1', { sinceMs: 0, stepMs: minuteMs })
        if (!events) throw new Error('no lane')
        expect(sumOf(events.totals)).toBe(events.totals.accepted)
        expect(sumOf(events.sole)).toBe(events.sole.accepted)
        seen.add(events.totals.accepted)
        await new Promise(setImmediate)
      }
      await written
      expect(seen.size).toBeGreaterThan(3)
    })

    it('counts apart what is in one lane only', async () => {
      const { a } = await openWorld(open)
      const lanes = [
        { lane: 'events', items: [0, 1], count: 2, sole: true },
        { lane: 'events', items: [2], count: 1, sole: false },
      ] as const
      await a.inbox.append(
        request(names('m', 3), { lanes: lanes.map((lane) => ({ ...lane, items: [...lane.items] })) }),
      )
      const [waiting] = await a.stats.read('con_1', { sinceMs: 0, stepMs: minuteMs })
      expect([waiting?.totals.pending, waiting?.sole.pending]).toEqual([3, 2])
      await endNext(a, await openLane(a), 3, { as: (seq) => ({ sole: seq < 3, outcome: 'skipped' }) })
      const [events] = await a.stats.read('con_1', { sinceMs: 0, stepMs: minuteMs })
      expect(events?.totals).toMatchObject({ accepted: 3, skipped: 3, pending: 0 })
      expect(events?.sole).toMatchObject({ accepted: 2, skipped: 2, pending: 0 })
    })

    it('sums the minutes of a step into one point, oldest first, from the given time on', async () => {
      const { a } = await openWorld(open)
      for (const minute of [12, 3, 4, 6, 1, 0]) {
        await a.inbox.append(request(['m'], { receivedAtMs: startMs + minute * minuteMs }))
      }
      const [events] = await a.stats.read('con_1', { sinceMs: startMs + minuteMs, stepMs: 5 * minuteMs })
      expect(events?.series.map(({ atMs, accepted }) => [(atMs - startMs) / minuteMs, accepted])).toEqual([
        [0, 3],
        [5, 1],
        [10, 1],
      ])
      expect(events?.totals.accepted).toBe(6)
    })

    it('says since when the oldest message waits', async () => {
      const { a } = await openWorld(open)
      for (const ms of [0, 10, 20]) await a.inbox.append(request(['m'], { receivedAtMs: startMs + ms }))
      await endNext(a, await openLane(a), 1)
      const lanes = await a.stats.read('con_1', { sinceMs: 0, stepMs: minuteMs })
      expect(lanes.map(({ lane, oldestPendingAtMs }) => [lane, oldestPendingAtMs])).toEqual([
        ['events', startMs + 10],
        ['late', undefined],
        ['audiences', undefined],
        ['outbound', undefined],
        ['forward', undefined],
      ])
    })
  })

  describe('processes', () => {
    it('lists the last sign of life of each', async () => {
      const { a, b } = await openWorld(open)
      await a.processes.beat('worker', startMs)
      await b.processes.beat('bulk-worker', startMs + 1)
      await a.processes.beat('worker', startMs + 2)
      await a.processes.probe(startMs + 3)
      expect(await b.processes.list()).toEqual([
        { name: 'bulk-worker', atMs: startMs + 1 },
        { name: 'worker', atMs: startMs + 2 },
      ])
    })

    it('show the lanes of all connections', async () => {
      const { a, b } = await openWorld(open)
      await create(a, { id: 'con_2' })
      await a.inbox.append(request(['m'], { connectionId: 'con_2' }))
      const all = await b.processes.allLanes()
      expect(all).toEqual([...(await a.connections.lanes('con_1')), ...(await a.connections.lanes('con_2'))])
    })
  })
}
