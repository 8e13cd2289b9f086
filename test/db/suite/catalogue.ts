// What every Store promises of the catalogue: names with their counts by outcome, bounded and honest.
import { expect, it } from 'vitest'
import type { CatalogueEvent, EndedEntry, Store } from '../../../core/ports.ts'
import { request, names, startMs } from './requests.ts'
import { endNext, openLane, openWorld, type OpenStorePair } from './world.ts'

const hourMs = 3_600_000
const kinds = ['events', 'late'] as const

export function catalogueCases(open: OpenStorePair): void {
  it('counts each name by outcome, with when it was first and last seen', async () => {
    const { a } = await openWorld(open)
    await end(a, [
      { event: 'Order' },
      { event: 'Order', outcome: 'rejected' },
      { event: 'Order', outcome: 'filtered' },
      { event: 'Home', type: 'page' },
      { type: 'group' },
      {},
    ])
    await end(a, [{ event: 'Order', outcome: 'skipped' }], startMs + hourMs)
    const { events } = await a.catalogue.list('con_1', { kinds, limit: 10 }, startMs + hourMs)
    expect(events.map(({ type, event }) => [type, event])).toEqual([
      ['group', undefined],
      ['track', undefined],
      ['page', 'Home'],
      ['track', 'Order'],
    ])
    expect(events.at(-1)).toEqual({
      ...{ direction: 'inbound', type: 'track', event: 'Order', isOther: false },
      lastDay: { delivered: 1, filtered: 1, skipped: 1, rejected: 1 },
      lastWeek: { delivered: 1, filtered: 1, skipped: 1, rejected: 1 },
      ...{ firstSeenAtMs: startMs, lastSeenAtMs: startMs + hourMs },
    })
  })

  it('adds up lanes of one direction, and leaves out lanes that were not asked for', async () => {
    const { a } = await openWorld(open)
    await end(a, [{ event: 'Order' }])
    await end(a, [{ event: 'Order' }, { event: 'Old' }], startMs, 'late')
    const of = async (asked: readonly ('events' | 'late')[]) =>
      (await a.catalogue.list('con_1', { kinds: asked, limit: 10 }, startMs)).events.map(nameAndCount)
    expect(await of(['events', 'late'])).toEqual([
      ['Old', 1],
      ['Order', 2],
    ])
    expect(await of(['late'])).toEqual([
      ['Old', 1],
      ['Order', 1],
    ])
    expect(await of([])).toEqual([])
  })

  it('forgets what is older than a day, then what is older than a week, but not when it was seen', async () => {
    const { a } = await openWorld(open)
    await end(a, [{ event: 'Order' }])
    const at = async (nowMs: number) =>
      (await a.catalogue.list('con_1', { kinds, limit: 10 }, nowMs)).events[0]
    expect(await at(startMs + 23 * hourMs)).toMatchObject({ lastDay: { delivered: 1 } })
    expect(await at(startMs + 24 * hourMs)).toMatchObject({
      lastDay: { delivered: 0 },
      lastWeek: { delivered: 1 },
    })
    for (const [hours, removed] of [
      [167, 0],
      [169, 1],
      [169, 0],
    ] as const) {
      expect(await purge(a, startMs + hours * hourMs)).toBe(removed)
    }
    expect(await at(startMs + 169 * hourMs)).toMatchObject({
      lastWeek: { delivered: 0 },
      lastSeenAtMs: startMs,
    })
    expect(await purge(a, startMs + 31 * 24 * hourMs)).toBe(1)
    expect(await at(startMs + 31 * 24 * hourMs)).toBeUndefined()
  })

  it('pages through names without leaving one out or showing one twice', async () => {
    const { a } = await openWorld(open)
    await end(
      a,
      names('Event ', 25).map((event) => ({ event })),
    )
    const seen: (string | undefined)[] = []
    let after: string | undefined
    do {
      const query = { kinds, limit: 10, ...(after === undefined ? {} : { after }) }
      const page = await a.catalogue.list('con_1', query, startMs)
      seen.push(...page.events.map(({ event }) => event))
      after = page.next
    } while (after !== undefined)
    expect(seen).toEqual(names('Event ', 25).sort())
    const again = await a.catalogue.list('con_1', { kinds, limit: 1, after: 'not-a-cursor' }, startMs)
    expect(again.events).toHaveLength(1)
  })

  it('counts names past the bound together, in a row that says so, and goes on counting those it has', async () => {
    const { a } = await openWorld(open)
    for (let from = 0; from < 2_400; from += 800) {
      await end(
        a,
        Array.from({ length: 800 }, (_, n) => ({ event: `Event ${from + n}` })),
      )
    }
    await end(a, [{ event: 'Event 1' }, { event: 'Event 2399', outcome: 'rejected' }])
    const all: CatalogueEvent[] = []
    let after: string | undefined
    do {
      const query = { kinds, limit: 500, ...(after === undefined ? {} : { after }) }
      const page = await a.catalogue.list('con_1', query, startMs)
      all.push(...page.events)
      after = page.next
    } while (after !== undefined)
    expect(all).toHaveLength(2_001)
    expect(all.at(-1)).toMatchObject({ isOther: true, lastDay: { delivered: 400, rejected: 1 } })
    expect(all.find(({ event }) => event === 'Event 1')?.lastDay.delivered).toBe(2)
  })

  it('counts names right though their connection or they themselves were removed in between', async () => {
    const { a } = await openWorld(open)
    const later = startMs + 40 * 24 * hourMs
    for (const nowMs of [startMs, startMs + 1]) await end(a, [{ event: 'Order' }, { event: 'Cart' }], nowMs)
    expect(await purge(a, later)).toBe(4)
    // What was remembered of the names before must not be counted for those that come now.
    for (const event of ['New', 'Cart', 'Order', 'Cart']) await end(a, [{ event }], later)
    const { events } = await a.catalogue.list('con_1', { kinds, limit: 10 }, later)
    expect(events.map(nameAndCount)).toEqual([
      ['Cart', 2],
      ['New', 1],
      ['Order', 1],
    ])
  })

  it('counts nothing of a commit that another drain has overtaken', async () => {
    const { a } = await openWorld(open)
    await end(a, [{ event: 'Order' }])
    await a.inbox.append(request(names('m', 2)))
    const old = await openLane(a)
    await openLane(a)
    await expect(endNext(a, old, 2, { as: () => ({ event: 'Lost' }) })).rejects.toMatchObject({
      code: 'lane_lost',
    })
    for (const event of ['Other', 'Lost']) await end(a, [{ event }])
    const { events } = await a.catalogue.list('con_1', { kinds, limit: 10 }, startMs)
    expect(events.map(nameAndCount)).toEqual([
      ['Lost', 1],
      ['Order', 1],
      ['Other', 1],
    ])
  })

  it('keeps names of control characters and of any length apart, within its bound', async () => {
    const { a } = await openWorld(open)
    const events = ['\u0001', '\n', 'x'.repeat(500), `${'x'.repeat(500)}y`, '__proto__']
    await end(
      a,
      events.map((event) => ({ event })),
    )
    const { events: listed } = await a.catalogue.list('con_1', { kinds, limit: 10 }, startMs)
    expect(listed.map(nameAndCount)).toEqual([
      ['\u0001', 1],
      ['\n', 1],
      ['__proto__', 1],
      ['x'.repeat(256), 2],
    ])
  })
}

const nameAndCount = ({ event, lastWeek }: CatalogueEvent) => [event, lastWeek.delivered]

/** Appends as many messages as there are endings, and ends them so. */
async function end(
  store: Store,
  endings: Partial<EndedEntry>[],
  nowMs = startMs,
  lane: 'events' | 'late' = 'events',
): Promise<void> {
  const lanes = [{ lane, items: undefined, count: endings.length, sole: true }]
  await store.inbox.append(request(names('m', endings.length), { lanes }))
  const lease = await openLane(store, lane)
  const as = (seq: number) => endings[seq - lease.cursor - 1] ?? {}
  await endNext(store, lease, endings.length, { as, nowMs })
}

async function purge(store: Store, nowMs: number): Promise<number> {
  let removed = 0
  for await (const rows of store.catalogue.purge(nowMs)) removed += rows
  return removed
}
