// Cases of claims: one entry holds a messageId, per connection and destination.
import { describe, expect, it } from 'vitest'
import type { LaneName } from '../../../core/lanes.ts'
import type { Store } from '../../../core/ports.ts'
import { create, names, request, startMs } from './requests.ts'
import { endNext, openLane, openWorld, type OpenStorePair } from './world.ts'

/** Which of these positions are duplicates when the lane claims them. */
async function duplicates(
  store: Store,
  lane: LaneName,
  claims: [seq: number, messageId: string][],
  connectionId = 'con_1',
): Promise<number[]> {
  const lease = await store.lanes.open(connectionId, lane, startMs)
  if ('held' in lease) throw new Error(lease.held)
  const entries = claims.map(([seq, messageId]) => ({ seq, messageId }))
  return [...(await store.lanes.claim(lease, entries, startMs))].sort((x, y) => x - y)
}

export function claimCases(open: OpenStorePair): void {
  describe('lanes: claims', () => {
    it('gives an id to the entry that comes first, across calls, processes and lanes of one destination', async () => {
      const { a, b } = await openWorld(open)
      expect(
        await duplicates(a, 'events', [
          [1, 'x'],
          [2, 'y'],
        ]),
      ).toEqual([])
      expect(
        await duplicates(b, 'events', [
          [3, 'x'],
          [4, 'z'],
        ]),
      ).toEqual([3])
      expect(
        await duplicates(b, 'late', [
          [1, 'y'],
          [2, 'w'],
        ]),
      ).toEqual([1])
    })

    it('does not take a rerun of the same entry for a duplicate', async () => {
      const { a, b } = await openWorld(open)
      await duplicates(a, 'events', [
        [1, 'x'],
        [2, 'y'],
      ])
      expect(
        await duplicates(b, 'events', [
          [1, 'x'],
          [2, 'y'],
        ]),
      ).toEqual([])
      // The same position of another lane is another entry.
      expect(await duplicates(b, 'late', [[1, 'x']])).toEqual([1])
    })

    it('gives an id that comes twice in one call to the lower position', async () => {
      const { a } = await openWorld(open)
      expect(
        await duplicates(a, 'events', [
          [9, 'x'],
          [7, 'y'],
          [8, 'x'],
          [10, 'x'],
        ]),
      ).toEqual([9, 10])
    })

    it('keeps connections and destinations apart, and claims nothing for the ledger', async () => {
      const { a } = await openWorld(open)
      await create(a, { id: 'con_2' })
      await duplicates(a, 'events', [[1, 'x']])
      expect(await duplicates(a, 'events', [[1, 'x']], 'con_2')).toEqual([])
      expect(await duplicates(a, 'outbound', [[5, 'x']])).toEqual([])
      expect(
        await duplicates(a, 'audiences', [
          [1, 'x'],
          [2, 'x'],
          [3, 'q'],
        ]),
      ).toEqual([])
      expect(await duplicates(a, 'events', [[2, 'q']])).toEqual([])
    })

    it('gives back the id of an entry that ends rejected, and no other', async () => {
      const { a, b } = await openWorld(open)
      await a.inbox.append(request(names('m', 4)))
      const lease = await openLane(a)
      const claims = [1, 2].map((seq) => ({ seq, messageId: `m${seq}` }))
      await a.lanes.claim(lease, claims, startMs)
      // Entry 3 has the id of entry 1 and is rejected too: it never held it.
      await endNext(a, lease, 3, {
        as: (seq) =>
          seq === 2 ? { outcome: 'rejected' } : seq === 3 ? { outcome: 'rejected', messageId: 'm1' } : {},
      })
      expect(
        await duplicates(b, 'late', [
          [1, 'm1'],
          [2, 'm2'],
        ]),
      ).toEqual([1])
    })
  })
}
