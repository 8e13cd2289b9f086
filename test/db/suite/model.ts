// A property: whatever two processes do in whichever order, a lane ends exactly what was appended, in order.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EndedEntry, Lease, Store } from '../../../core/ports.ts'
import { create, request, startMs } from './requests.ts'
import { ended, idsIn, laneOf, totalsOf, type OpenStorePair } from './world.ts'

const endings = ['delivered', 'filtered', 'skipped', 'rejected'] as const
type Side = 'a' | 'b'
type Step =
  | { do: 'append'; side: Side; count: number }
  | { do: 'open'; side: Side }
  | { do: 'drain'; side: Side; count: number; ending: number }
  | { do: 'sleep'; side: Side }

const side = fc.constantFrom<Side>('a', 'b')
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('append' as const), side, count: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ do: fc.constant('open' as const), side }),
  fc.record({
    do: fc.constant('drain' as const),
    side,
    count: fc.integer({ min: 1, max: 6 }),
    ending: fc.nat({ max: 3 }),
  }),
  fc.record({ do: fc.constant('sleep' as const), side }),
)

/** What the lane must look like: the whole truth in a few arrays. */
class Model {
  readonly appended: string[] = []
  readonly ended: EndedEntry[] = []
  /** Who holds the lane: the side that opened it last. */
  holder: Side | undefined
  isAsleep = true

  totals() {
    const count = (outcome: string) => this.ended.filter((entry) => entry.outcome === outcome).length
    const byEnding = Object.fromEntries(endings.map((ending) => [ending, count(ending)]))
    return { accepted: this.appended.length, ...byEnding, pending: this.appended.length - this.ended.length }
  }
}

class Run {
  readonly model = new Model()
  readonly leases: Partial<Record<Side, Lease>> = {}
  readonly stores: Record<Side, Store>

  constructor(stores: Record<Side, Store>) {
    this.stores = stores
  }

  async take(step: Step): Promise<void> {
    const { model, leases } = this
    const store = this.stores[step.side]
    const lease = leases[step.side]
    if (step.do === 'append') {
      const ids = Array.from({ length: step.count }, (_, index) => `m${model.appended.length + index + 1}`)
      model.appended.push(...ids)
      const { asleep } = await store.inbox.append(request(ids))
      expect(asleep).toEqual(model.isAsleep ? ['events'] : [])
    } else if (step.do === 'open') {
      const opened = await store.lanes.open('con_1', 'events', startMs)
      if ('held' in opened) throw new Error(opened.held)
      expect(opened.cursor).toBe(model.ended.length)
      leases[step.side] = opened
      Object.assign(model, { holder: step.side, isAsleep: false })
    } else if (step.do === 'sleep') {
      if (!lease) return
      const mayDo = model.holder === step.side && model.ended.length === model.appended.length
      expect(await store.lanes.sleep(lease)).toBe(mayDo)
      if (mayDo) model.isAsleep = true
    } else if (lease) await this.drain(step, lease)
  }

  private async drain(step: Step & { do: 'drain' }, lease: Lease): Promise<void> {
    const { model, leases } = this
    const store = this.stores[step.side]
    const rows = await store.lanes.read(lease, step.count)
    const ids = (await idsIn(store, rows, lease.cursor)).slice(0, step.count)
    const entries = ids.map((messageId, index) =>
      ended(lease.cursor + 1 + index, {
        messageId,
        outcome: endings[(step.ending + index) % 4] ?? 'delivered',
      }),
    )
    const committing = store.lanes.commit(lease, {
      entries,
      attempts: [],
      settingsVersion: 1,
      nowMs: startMs,
    })
    if (model.holder !== step.side) {
      await expect(committing).rejects.toMatchObject({ code: 'lane_lost' })
      return
    }
    expect(ids).toEqual(model.appended.slice(model.ended.length, model.ended.length + step.count))
    leases[step.side] = await committing
    model.ended.push(...entries)
  }
}

export function modelCases(open: OpenStorePair): void {
  describe('lanes: any interleaving', () => {
    it('ends exactly what was appended, in order, with exact counters', async () => {
      const { a, b, close } = await open()
      let runs = 0
      try {
        await fc.assert(
          fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
            // One database for all runs: each has a connection of its own under the same name in its stores' eyes.
            runs += 1
            const id = `con_${runs}`
            const as = (store: Store) => under(id, store)
            await create(a, { id })
            const run = new Run({ a: as(a), b: as(b) })
            for (const one of steps) await run.take(one)
            const { model } = run
            expect(await totalsOf(as(b))).toEqual(model.totals())
            const { state } = await laneOf(as(a))
            expect(state === 'asleep').toBe(model.isAsleep)
            const { entries } = await as(b).messages.list('con_1', {}, { limit: 500 })
            const listed = entries.reverse().map(({ messageId, outcome }) => [messageId, outcome])
            expect(listed).toEqual(
              model.appended.map((id, index) => [id, model.ended[index]?.outcome ?? 'pending']),
            )
          }),
          { numRuns: 60, seed: 20260105 },
        )
      } finally {
        await close()
      }
    }, 20_000)
  })
}

/** The store with the connection `id` in the place of `con_1`. */
function under(id: string, store: Store): Store {
  return {
    ...store,
    inbox: { append: (request) => store.inbox.append({ ...request, connectionId: id }) },
    lanes: { ...store.lanes, open: (_id, lane, nowMs) => store.lanes.open(id, lane, nowMs) },
    connections: { ...store.connections, lanes: () => store.connections.lanes(id) },
    stats: { read: (_id, range) => store.stats.read(id, range) },
    messages: { ...store.messages, list: (_id, query, page) => store.messages.list(id, query, page) },
  }
}
