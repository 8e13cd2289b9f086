import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createApiWorld, nowMs, type ApiWorld } from '../support/fake-deps.ts'
import { endEntries } from '../support/end-entries.ts'

let world: ApiWorld
beforeEach(async () => {
  world = createApiWorld()
  await world.connect('con_a')
})
afterEach(() => world.close())

const track = (event: string, rest: object = {}) => ({
  type: 'track',
  event,
  messageId: `m-${event}`,
  userId: 'u',
  ...rest,
})

const append = (batch: object[], receivedAtMs = nowMs) =>
  world.store.inbox.append({
    ...{ connectionId: 'con_a', receivedAtMs, source: 'tracking', call: 'batch', callerIp: undefined },
    body: Buffer.from(JSON.stringify({ batch })),
    lanes: [{ lane: 'events', items: undefined, count: batch.length, sole: true }],
  })

const preview = (body: object) => world.call('POST', '/api/v1/connections/con_a/filters/preview', body)

describe('registerFiltersPreview', () => {
  it('says what would be dropped of pending and ended messages alike, by rule, with samples', async () => {
    await append([track('Order'), track('Cart'), track('Cart', { properties: { plan: 'pro' } })])
    await endEntries(world.store, 'con_a', 'events', [{ outcome: 'delivered' }, { outcome: 'delivered' }])
    await append(
      [track('Cart'), { type: 'alias', userId: 'u' }, track('Order', { integrations: { All: false } })],
      nowMs + 1,
    )
    const rules = [
      { action: 'include', where: [{ path: 'properties.plan', op: '=', value: 'pro' }] },
      { action: 'exclude', event: 'Cart' },
    ]
    const { status, json } = await preview({ lane: 'events', filters: { default: 'include', rules } })
    expect(status).toBe(200)
    expect(json).toEqual({
      ...{ lane: 'events', looked: 6, cut: false, dropped: 2, kept: 2 },
      notReached: { total: 2, byReason: { type_off: 1, integrations: 1 } },
      byRule: [
        { rule: 'rule:0', dropped: 0, kept: 1 },
        { rule: 'rule:1', dropped: 2, kept: 0 },
        { rule: 'default', dropped: 0, kept: 1 },
      ],
      samples: [
        {
          id: 'msg_1_4',
          messageId: 'm-Cart',
          type: 'track',
          event: 'Cart',
          rule: 'rule:1',
          receivedAt: '2026-01-05T12:00:00.001Z',
        },
        {
          id: 'msg_1_2',
          messageId: 'm-Cart',
          type: 'track',
          event: 'Cart',
          rule: 'rule:1',
          receivedAt: '2026-01-05T12:00:00.000Z',
        },
      ],
      oldestAt: '2026-01-05T12:00:00.000Z',
    })
  })

  it('looks at the newest `last` messages alone', async () => {
    await append(Array.from({ length: 30 }, (_, n) => track(`Event ${n}`)))
    const { json } = await preview({ lane: 'events', last: 7, filters: { default: 'exclude' } })
    expect(json).toMatchObject({ looked: 7, dropped: 7, byRule: [{ rule: 'default', dropped: 7 }] })
    const { samples } = json as { samples: { event: string }[] }
    expect(samples.map(({ event }) => event)).toEqual([29, 28, 27, 26, 25, 24, 23].map((n) => `Event ${n}`))
  })

  it('shows ten samples at most, some of each rule', async () => {
    await append([track('Rare'), ...Array.from({ length: 30 }, () => track('Often'))])
    const rules = [
      { action: 'exclude', event: 'Rare' },
      { action: 'exclude', event: 'Often' },
    ]
    const { json } = await preview({ lane: 'events', filters: { rules } })
    const { samples } = json as { samples: { rule: string }[] }
    expect(samples).toHaveLength(10)
    expect(samples.filter(({ rule }) => rule === 'rule:0')).toHaveLength(1)
  })

  it('changes nothing', async () => {
    await append([track('Order')])
    const before = (await world.call('GET', '/api/v1/connections/con_a')).json
    await preview({ lane: 'events', filters: { default: 'exclude' } })
    expect((await world.call('GET', '/api/v1/connections/con_a')).json).toEqual(before)
  })

  it.each([
    [
      'a pattern that cannot be read',
      { rules: [{ action: 'exclude', event: 'a[', match: 'glob' }] },
      'filters.rules[0].event',
      1,
    ],
    [
      'an unknown action',
      { rules: [{ action: 'include' }, { action: 'drop' }] },
      'filters.rules[1].action',
      undefined,
    ],
    [
      'a type of the other direction',
      { rules: [{ action: 'include', type: 'exposure' }] },
      'filters.rules[0].type',
      undefined,
    ],
    ['an unknown key', { rule: [] }, 'filters.rule', undefined],
  ])('refuses %s with its place', async (_what, filters, path, at) => {
    const { status, json } = await preview({ lane: 'events', filters })
    expect({ status, json }).toMatchObject({
      status: 422,
      json: { code: 'invalid_request', errors: [{ path }] },
    })
    expect((json as { errors: { at?: number }[] }).errors[0]?.at).toBe(at)
  })

  it('refuses a lane without filters and a connection that is not there', async () => {
    expect(await preview({ lane: 'audiences', filters: {} })).toMatchObject({
      status: 422,
      json: { errors: [{ path: 'lane' }] },
    })
    const at = '/api/v1/connections/con_x/filters/preview'
    expect(await world.call('POST', at, { filters: {} })).toMatchObject({ status: 404 })
  })
})
