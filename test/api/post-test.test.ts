import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { EventSender, VendorAnswer } from '../../core/ports.ts'
import { createApiWorld, type ApiWorld } from '../support/fake-deps.ts'

const taken: VendorAnswer = { status: 202, text: '{"success":true}', retryAfterMs: undefined, durationMs: 7 }

let world: ApiWorld
let answer: VendorAnswer
let sent: { key: string; event: unknown }[]
const sender = (keyKind: EventSender['keyKind']): EventSender => ({
  keyKind,
  async send(key, events) {
    sent.push(...events.map((event) => ({ key, event: JSON.parse(event) as unknown })))
    return answer
  },
})
beforeEach(async () => {
  ;[answer, sent] = [taken, []]
  world = createApiWorld(() => ({
    senders: { statsig: sender('statsig.serverKey'), segment: sender('segment.writeKey') },
    idTypes: { known: async () => ['userID'], create: () => Promise.reject(new Error('not here')) },
  }))
  await world.connect('con_a', {
    keys: { 'statsig.serverKey': 'secret-of-a', 'segment.writeKey': 'wk-segment' },
  })
})
afterEach(() => world.close())

const test = (body: object, id = 'con_a') => world.call('POST', `/api/v1/connections/${id}/test`, body)
const message = {
  type: 'track',
  event: 'Order Completed',
  messageId: 'm1',
  userId: 'u1',
  anonymousId: 'a1',
  properties: { revenue: 12, password: 'hunter2', statsigCustomIDs: ['companyID', 'c1'] },
}

describe('registerTest', () => {
  it('tells what would become of a message, and where each identifier came from', async () => {
    const { status, json } = await test({ message })
    expect(status).toBe(200)
    expect(json).toMatchObject({
      ...{ lane: 'events', lanes: ['events'], receivedAt: '2026-01-05T12:00:00.000Z' },
      ...{ outcome: 'mapped', reason: null, filter: { included: true, rule: 'default' }, sent: null },
      identifiers: [
        { unit: 'userID', value: 'u1', from: 'userId' },
        { unit: 'segmentAnonymousId', value: 'a1', from: 'anonymousId' },
        { unit: 'companyID', value: 'c1' },
      ],
      mapped: { eventName: 'segment::Order Completed', value: 12, user: { userID: 'u1' } },
      warnings: expect.arrayContaining([expect.objectContaining({ code: 'id_type_unknown' })]) as unknown,
    })
    expect(sent).toEqual([])
  })

  it('shows no secret of the message', async () => {
    const { text } = await test({ message })
    expect(text).not.toContain('hunter2')
    expect(text).toContain('[redacted]')
  })

  it('names the rule that holds a message back, and sends nothing then', async () => {
    const rules = [{ action: 'exclude', event: 'Order*', match: 'glob' }]
    await world.call('PATCH', '/api/v1/connections/con_a', { filters: { inbound: { rules } } })
    expect((await test({ message, send: true })).json).toMatchObject({
      ...{ outcome: 'filtered', reason: 'rule:0', mapped: null },
      filter: { included: false, rule: 'rule:0' },
      sent: { result: 'not_sent', status: null },
    })
    expect(sent).toEqual([])
  })

  it.each([
    [
      'a rejection with its place',
      { type: 'track', userId: 'u1' },
      { outcome: 'rejected', reason: 'no_event_name', path: 'event' },
    ],
    [
      'a type that is off',
      { type: 'alias', userId: 'u1' },
      { outcome: 'skipped', reason: 'type_off', filter: null },
    ],
    ['what is no object', 'text', { outcome: 'rejected', reason: 'not_an_object' }],
    [
      'a message past its time',
      { ...message, timestamp: '2025-12-01T00:00:00Z' },
      { lane: 'late', outcome: 'skipped', reason: 'too_old' },
    ],
    [
      'a message of an audience',
      {
        type: 'identify',
        userId: 'u1',
        traits: { vip: true },
        context: { personas: { computation_class: 'audience', computation_key: 'vip', computation_id: 'x' } },
      },
      { lane: 'audiences', lanes: ['audiences'], outcome: null, mapped: null },
    ],
  ])('tells of %s', async (_what, given, expected) => {
    expect((await test({ message: given })).json).toMatchObject(expected)
  })

  it('sends with the key of the connection, and tells what the vendor said', async () => {
    const { json } = await test({ message, send: true })
    expect(json).toMatchObject({
      sent: { result: 'accepted', status: 202, durationMs: 7, answer: '{"success":true}' },
    })
    expect(sent).toMatchObject([{ key: 'secret-of-a', event: { eventName: 'segment::Order Completed' } }])
    const stats = (await world.call('GET', '/api/v1/connections/con_a/stats')).json
    expect(stats).toMatchObject({ lanes: { events: { totals: { accepted: 0 } } } })
  })

  it('tells of a refused key without showing it, and cuts a long answer', async () => {
    answer = { ...taken, status: 401, text: `Invalid key secret-of-a ${'x'.repeat(2_000)}` }
    const { status, json, text } = await test({ message, send: true })
    expect(status).toBe(200)
    expect(json).toMatchObject({ sent: { result: 'key', status: 401 } })
    expect((json as { sent: { answer: string } }).sent.answer).toHaveLength(500)
    expect(text).not.toContain('secret-of-a')
  })

  it('tells of a vendor that is away', async () => {
    answer = { ...taken, status: undefined, text: 'ECONNREFUSED' }
    expect((await test({ message, send: true })).json).toMatchObject({
      sent: { result: 'wait', status: null, answer: 'ECONNREFUSED' },
    })
  })

  it('tells that there is no key', async () => {
    await world.connect('con_b')
    expect((await test({ message, send: true }, 'con_b')).json).toMatchObject({
      outcome: 'mapped',
      sent: { result: 'no_key', answer: expect.stringContaining('statsig.serverKey') as string },
    })
  })

  it('takes the way back for a lane that goes out', async () => {
    const event = { eventName: 'purchase', time: 1767614400000, user: { userID: 'u1' }, metadata: { a: 'b' } }
    const { json } = await test({ message: event, lane: 'outbound', send: true })
    expect(json).toMatchObject({
      ...{
        lane: 'outbound',
        lanes: ['outbound'],
        outcome: 'mapped',
        filter: { included: true, rule: 'default' },
      },
      mapped: { type: 'track', event: 'purchase', userId: 'u1' },
      sent: { result: 'accepted' },
    })
    expect(sent).toMatchObject([{ key: 'wk-segment', event: { event: 'purchase' } }])
  })

  it.each([
    ['no message', {}, 'message'],
    ['an unknown lane', { message, lane: 'sideways' }, 'lane'],
    ['an unknown key', { message, sends: true }, 'sends'],
  ])('refuses %s', async (_what, body, path) => {
    expect(await test(body)).toMatchObject({ status: 422, json: { errors: [{ path }] } })
  })

  it('answers 404 for a connection that is not there', async () => {
    expect(await test({ message }, 'con_x')).toMatchObject({ status: 404 })
  })
})
