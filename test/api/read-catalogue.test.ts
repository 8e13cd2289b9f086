import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createApiWorld, nowMs, type ApiWorld } from '../support/fake-deps.ts'
import { endEntries } from '../support/end-entries.ts'

let world: ApiWorld
beforeEach(async () => {
  world = createApiWorld()
  await world.connect('con_a')
})
afterEach(() => world.close())

/** Ends one message a name. */
async function see(endings: Parameters<typeof endEntries>[3]): Promise<void> {
  const batch = endings.map(() => ({ type: 'track' }))
  await world.store.inbox.append({
    ...{ connectionId: 'con_a', receivedAtMs: nowMs, source: 'tracking', call: 'batch', callerIp: undefined },
    body: Buffer.from(JSON.stringify({ batch })),
    lanes: [{ lane: 'events', items: undefined, count: batch.length, sole: true }],
  })
  await endEntries(world.store, 'con_a', 'events', endings)
}

const read = (query = '') => world.call('GET', `/api/v1/connections/con_a/events${query}`)

describe('registerReadCatalogue', () => {
  it('answers each name with its counts and what the filters say of it', async () => {
    const rules = [
      { action: 'include', event: 'Cart*', match: 'glob', where: [{ path: 'properties.x', op: 'exists' }] },
      { action: 'exclude', event: 'C*', match: 'glob' },
    ]
    await world.call('PATCH', '/api/v1/connections/con_a', {
      filters: { inbound: { rules } },
      types: { page: false },
    })
    await see([
      { event: 'Order', outcome: 'delivered' },
      { event: 'Order', outcome: 'rejected' },
      { event: 'Cart Viewed', outcome: 'filtered' },
      { event: 'Home', type: 'page', outcome: 'skipped' },
      { event: undefined, type: 'identify', outcome: 'skipped' },
    ])
    const { status, json } = await read()
    expect(status).toBe(200)
    const { data, nextCursor } = json as { data: { event: string | null }[]; nextCursor: unknown }
    expect(nextCursor).toBeNull()
    expect(data.map(({ event }) => event)).toEqual([null, 'Cart Viewed', 'Home', 'Order'])
    expect(data).toMatchObject([
      { type: 'identify', included: false, rule: 'not_an_event' },
      { type: 'track', included: false, rule: 'rule:1', depends: true },
      { type: 'page', included: false, rule: 'type_off' },
      {
        ...{
          type: 'track',
          direction: 'inbound',
          included: true,
          rule: 'default',
          depends: false,
          isOther: false,
        },
        last24h: { total: 2, delivered: 1, filtered: 0, skipped: 0, rejected: 1 },
        last7d: { total: 2 },
        ...{ firstSeenAt: '2026-01-05T12:00:00.100Z', lastSeenAt: '2026-01-05T12:00:00.100Z' },
      },
    ])
  })

  it('pages', async () => {
    await see(['A', 'B', 'C'].map((event) => ({ event, outcome: 'delivered' as const })))
    const first = (await read('?limit=2')).json as { data: unknown[]; nextCursor: string }
    expect(first.data).toHaveLength(2)
    const second = (await read(`?limit=2&cursor=${first.nextCursor}`)).json
    expect(second).toMatchObject({ data: [{ event: 'C' }], nextCursor: null })
  })

  it('shows a lane alone when asked for it', async () => {
    await see([{ event: 'A', outcome: 'delivered' }])
    expect((await read('?lane=events')).json).toMatchObject({ data: [{ event: 'A' }] })
    expect((await read('?lane=late')).json).toMatchObject({ data: [] })
  })

  it('refuses what is no lane, and a connection that is not there', async () => {
    expect(await read('?lane=sideways')).toMatchObject({ status: 422, json: { errors: [{ path: 'lane' }] } })
    expect(await world.call('GET', '/api/v1/connections/con_x/events')).toMatchObject({ status: 404 })
  })
})
