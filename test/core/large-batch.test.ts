// A body may be 16 MB of anything: what a batch says for all of its messages is not read anew for each of them.
import { describe, expect, it } from 'vitest'
import type { Receipt } from '../../core/receipt.ts'
import { mapSegmentMessage } from '../../core/segment-to-statsig/index.ts'
import { defaultSettings } from '../../core/settings.ts'

const manyKeys: Record<string, unknown> = Object.fromEntries(
  Array.from({ length: 100_000 }, (_, index) => [`k${index}`, index]),
)
const track = { type: 'track', event: 'x', userId: 'u', context: { locale: 'en' } }
const receipt: Receipt = { receivedAtMs: 1_772_366_400_000, source: 'tracking' }

describe('mapSegmentMessage, in a batch of many messages', () => {
  // Copying or walking 100,000 names takes at least 5 ms a message: 10 s and more for these.
  it.each([
    ['context', { context: { ...manyKeys, ip: '203.0.113.7' } }],
    ['integrations', { integrations: { ...manyKeys, All: true } }],
  ])('maps 2,000 messages in a second beside a %s of 100,000 names', (_, batch) => {
    const startedMs = performance.now()
    for (let index = 0; index < 2_000; index += 1) {
      const { verdict } = mapSegmentMessage(track, { ...receipt, batch }, defaultSettings)
      expect(verdict.kind).toBe('mapped')
    }
    expect(performance.now() - startedMs).toBeLessThan(2_500)
  })
})
