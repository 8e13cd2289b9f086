import { describe, expect, it } from 'vitest'
import type { Receipt } from '../../core/receipt.ts'
import { lanesOf } from '../../core/route-lanes.ts'

const HOUR_MS = 3_600_000
const receivedAtMs = Date.parse('2026-03-01T12:00:00Z')
const webhook: Receipt = { receivedAtMs, source: 'webhook' }
const now = '2026-03-01T11:59:00Z'
const yesterday = '2026-02-28T12:00:00Z'
const personas = { computation_class: 'audience', computation_id: 'aud_1', computation_key: 'vip' }
const lanes = (item: unknown, receipt: Partial<Receipt> = {}) =>
  lanesOf(item, { ...webhook, ...receipt }, HOUR_MS)

describe('lanesOf', () => {
  it.each(['track', 'page', 'screen', 'group', 'alias', 'identify', 'delete', 'unheard of'])(
    'sends a %s of today to events and an old one to late',
    (type) => {
      expect(lanes({ type, timestamp: now })).toEqual(['events'])
      expect(lanes({ type, timestamp: yesterday })).toEqual(['late'])
    },
  )

  it('takes a message for late only when it is older than the limit', () => {
    expect(lanes({ type: 'track', timestamp: '2026-03-01T11:00:00.000Z' })).toEqual(['events'])
    expect(lanes({ type: 'track', timestamp: '2026-03-01T10:59:59.999Z' })).toEqual(['late'])
  })

  it('measures age by the corrected time', () => {
    const wrongClock = { type: 'track', timestamp: yesterday, sentAt: '2026-02-28T12:00:01Z' }
    expect(lanes(wrongClock, { source: 'tracking' })).toEqual(['events'])
    expect(lanes(wrongClock, { source: 'webhook' })).toEqual(['late'])
  })

  it('sends what it cannot read to events, where the rejection is recorded', () => {
    for (const item of [null, 1, 'x', [], {}, { type: 'track', timestamp: 'never' }]) {
      expect(lanes(item)).toEqual(['events'])
    }
  })

  it('sends an identify of an audience to audiences only, whatever its age', () => {
    expect(lanes({ type: 'identify', context: { personas }, timestamp: now })).toEqual(['audiences'])
    expect(lanes({ type: 'identify', context: { personas }, timestamp: yesterday })).toEqual(['audiences'])
  })

  it('sends a track of an audience to both lanes, and an old one to late and audiences', () => {
    expect(lanes({ type: 'track', context: { personas }, timestamp: now })).toEqual(['events', 'audiences'])
    expect(lanes({ type: 'track', context: { personas }, timestamp: yesterday })).toEqual([
      'late',
      'audiences',
    ])
  })

  it('knows a journey step for an audience', () => {
    const step = { ...personas, computation_class: 'journey_step' }
    expect(lanes({ type: 'identify', context: { personas: step } })).toEqual(['audiences'])
  })

  it.each([
    { ...personas, computation_class: 'trait' },
    { ...personas, computation_class: 'computed_trait' },
    { ...personas, computation_key: '' },
    { ...personas, computation_id: undefined },
    'audience',
    null,
  ])('takes %j for no audience', (other) => {
    expect(lanes({ type: 'identify', context: { personas: other } })).toEqual(['events'])
  })

  it('never knows an audience by the name of its event, or in a page call', () => {
    expect(lanes({ type: 'track', event: 'Audience Entered', properties: { vip: true } })).toEqual(['events'])
    expect(lanes({ type: 'page', context: { personas } })).toEqual(['events'])
  })

  it('takes type and context from the route and the batch where they stand there', () => {
    expect(lanes({ context: { personas } }, { callType: 'identify' })).toEqual(['audiences'])
    expect(lanes({ type: 'identify' }, { batch: { context: { personas } } })).toEqual(['audiences'])
  })

  it('hands out the same list every time', () => {
    expect(lanes({ type: 'track' })).toBe(lanes({ type: 'page' }))
  })
})
