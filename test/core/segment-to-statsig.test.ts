/** Golden cases of the inbound mapping: one file in `cases/` for every sentence of the contract. */
import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Receipt } from '../../core/receipt.ts'
import { lanesOf } from '../../core/route-lanes.ts'
import {
  isFromStatsigLibrary,
  mapSegmentMessage,
  mappingDoc,
  type Mapping,
  type Trace,
} from '../../core/segment-to-statsig/index.ts'
import { fieldRows, ruledRows } from '../../core/segment-to-statsig/fields.ts'
import { ConnectionSettings, defaultSettings } from '../../core/settings.ts'

interface Case {
  title: string
  source: string
  message: unknown
  receipt?: Partial<Receipt>
  settings?: object
  expected: { seen?: Record<string, unknown>; verdict: object }
}

const receivedAtMs = Date.parse('2026-03-01T12:00:00.000Z')
const webhook: Receipt = { receivedAtMs, source: 'webhook' }
const folder = new URL('./cases/', import.meta.url)
const cases = readdirSync(folder).map((file) => ({
  file,
  ...(JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Case),
}))

/** A warning's text may be reworded; its code and path may not. `message` of a rejection likewise. */
function comparable({ verdict }: Mapping): object {
  const warnings = verdict.warnings.map(({ code, path }) => ({ code, path }))
  if (verdict.kind !== 'rejected') return { ...verdict, warnings }
  return { kind: verdict.kind, code: verdict.code, path: verdict.path, warnings }
}

describe('mapSegmentMessage', () => {
  for (const { title, message, receipt, settings, expected } of cases) {
    it(title, () => {
      const connection = ConnectionSettings.parse(settings ?? {})
      const mapping = mapSegmentMessage(message, { ...webhook, ...receipt }, connection)
      expect(comparable(mapping)).toStrictEqual(expected.verdict)
      for (const [key, value] of Object.entries(expected.seen ?? {})) {
        expect([key, mapping.seen[key as keyof Mapping['seen']]]).toEqual([key, value ?? undefined])
      }
    })
  }

  it('has a title of its own and a public source in every case', () => {
    expect(new Set(cases.map(({ title }) => title)).size).toBe(cases.length)
    for (const { file, source } of cases)
      expect([file, source]).toEqual([file, expect.stringMatching(/^https:/)])
  })

  it('keeps at most 50 warnings and says that there were more', () => {
    const statsigCustomIDs = Array.from({ length: 400 }, () => null)
    const message = { type: 'track', event: 'x', userId: 'u', properties: { statsigCustomIDs } }
    const { warnings } = mapSegmentMessage(message, webhook, defaultSettings).verdict
    expect(warnings).toHaveLength(51)
    expect(warnings.at(-1)).toMatchObject({ code: 'more_warnings' })
  })

  it('bounds what the explorer looks up by', () => {
    const long = `${'x'.repeat(255)}\u{1F600}${'y'.repeat(2000)}`
    const message = { type: 'track', event: long, userId: long, anonymousId: long, messageId: 'm' }
    const { seen } = mapSegmentMessage(message, webhook, defaultSettings)
    const cut = 'x'.repeat(255)
    expect(seen).toMatchObject({ event: cut, userId: cut, anonymousId: cut })
  })

  it('takes changed settings into force as soon as a new version is handed in', () => {
    const message = { type: 'track', event: 'x', anonymousId: 'a' }
    const other = ConnectionSettings.parse({ identifiers: [{ from: 'anonymousId', to: 'stableID' }] })
    const before = mapSegmentMessage(message, webhook, defaultSettings).verdict
    const after = mapSegmentMessage(message, webhook, other).verdict
    expect(before).toMatchObject({ event: { user: { customIDs: { segmentAnonymousId: 'a' } } } })
    expect(after).toMatchObject({ event: { user: { customIDs: { stableID: 'a' } } } })
  })

  it('tells in a trace where every field came from', () => {
    const trace: Trace = { origins: [] }
    const message = {
      type: 'track',
      event: 'Paid',
      userId: 'u1',
      anonymousId: 'a1',
      context: { locale: 'en' },
      properties: {
        revenue: 3,
        cart: { size: 2 },
        statsigCustomIDs: ['userID', 'u2'],
        statsigCustom: ['a', 'b'],
      },
    }
    mapSegmentMessage(message, webhook, defaultSettings, trace)
    expect(Object.fromEntries(trace.origins.map(({ target, from }) => [target, from]))).toEqual({
      eventName: 'event',
      'user.userID': 'properties.statsigCustomIDs[1]',
      'user.customIDs.segmentAnonymousId': 'anonymousId',
      'user.custom.a': 'properties.statsigCustom[1]',
      'user.locale': 'context.locale',
      'user.statsigEnvironment.tier': 'default',
      value: 'properties.revenue',
      time: 'receipt.receivedAt',
      'metadata.revenue': 'properties.revenue',
      'metadata.cart_size': 'properties.cart.size',
    })
  })
})

describe('mapSegmentMessage, whatever comes', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('\0', '\ud800', 'a\udfff', '__proto__', ' '),
  )
  const json = fc.oneof(fc.jsonValue(), text, fc.double(), fc.constantFrom(true, null, [], {}, '[]'))
  const bag = fc.dictionary(text, json)
  const pairs = fc.array(json, { maxLength: 6 })
  const message = fc.record(
    {
      type: fc.constantFrom('track', 'page', 'screen', 'group', 'alias'),
      event: fc.oneof(text, json),
      name: json,
      userId: fc.oneof(text, json),
      anonymousId: fc.oneof(text, json),
      groupId: json,
      messageId: json,
      timestamp: fc.oneof(json, fc.date().map(String), fc.integer()),
      sentAt: json,
      context: fc.oneof(json, bag, fc.record({ ip: json, app: json, traits: json, locale: text })),
      integrations: json,
      properties: fc.oneof(
        json,
        bag,
        fc.record({ value: json, statsigCustomIDs: pairs, statsigCustom: pairs, statsigEnvironment: json }),
      ),
      traits: fc.oneof(json, bag),
    },
    { requiredKeys: ['type'] },
  )
  const settings = ConnectionSettings.parse({
    types: { alias: true },
    identifiers: [
      { from: 'anonymousId', to: 'segmentAnonymousId' },
      { from: 'context.traits.email', to: 'userID' },
    ],
  })
  const receipts = fc.record({
    receivedAtMs: fc.constant(receivedAtMs),
    source: fc.constantFrom('tracking' as const, 'webhook' as const, 'archive' as const),
    batch: fc.record({ context: fc.oneof(bag, fc.constant({})), sentAt: json }),
  })
  /** As it comes from the wire: parsed, so that `__proto__` is an own key. */
  const wire = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

  it('never throws, and gives every value a verdict and a lane', () => {
    fc.assert(
      fc.property(fc.oneof(message, json), receipts, (value, receipt) => {
        const { verdict } = mapSegmentMessage(wire(value), receipt, settings)
        expect(['mapped', 'filtered', 'skipped', 'rejected']).toContain(verdict.kind)
        expect(lanesOf(wire(value), receipt, 3_600_000).length).toBeGreaterThan(0)
      }),
      { numRuns: 300 },
    )
  })

  it('maps to text in metadata and ids, integer times, and JSON without half surrogates', () => {
    let mappedCount = 0
    fc.assert(
      fc.property(message, receipts, (value, receipt) => {
        const item = wire({ ...value, userId: 'u', event: 'e', timestamp: null, integrations: null })
        const { verdict } = mapSegmentMessage(item, receipt, settings)
        if (verdict.kind !== 'mapped') return
        mappedCount++
        const { event } = verdict
        const ids = [event.user.userID ?? '', ...Object.values(event.user.customIDs ?? {})]
        for (const part of [...ids, ...Object.values(event.metadata ?? {})]) expect(part).toBeTypeOf('string')
        expect(Number.isInteger(event.time)).toBe(true)
        expect(JSON.stringify(event.metadata ?? {}).length).toBeLessThanOrEqual(4096)
        const sent = JSON.stringify(event)
        expect(sent).not.toMatch(/(?<!\\)(\\\\)*\\u(d[89a-f]|0000)/)
        expect(JSON.parse(sent)).toEqual(event)
      }),
      { numRuns: 300 },
    )
    expect(mappedCount).toBeGreaterThan(50)
  })

  it('says of a message the same whenever it is asked, and leaves it as it was', () => {
    fc.assert(
      fc.property(message, receipts, (value, receipt) => {
        const item = wire(value)
        const before = JSON.stringify(item)
        const first = mapSegmentMessage(item, receipt, settings)
        expect(mapSegmentMessage(item, receipt, settings, { origins: [] })).toEqual(first)
        expect(JSON.stringify(item)).toBe(before)
      }),
      { numRuns: 100 },
    )
  })

  it('survives nesting of 5,000 levels, in the batch too', () => {
    const deep: unknown = JSON.parse(`${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`)
    const receipt: Receipt = { ...webhook, batch: { context: deep as Record<string, unknown> } }
    const inProperties = { type: 'track', event: 'x', userId: 'u', properties: deep, context: deep }
    expect(mapSegmentMessage(inProperties, receipt, settings).verdict).toMatchObject({ code: 'too_deep' })
    const ofBatch = { type: 'track', event: 'x', userId: 'u' }
    expect(mapSegmentMessage(ofBatch, receipt, settings).verdict).toMatchObject({ kind: 'mapped' })
  })
})

describe('isFromStatsigLibrary', () => {
  it("knows the library by the message, else by its batch, and trusts no one else's word", () => {
    const context = { library: { name: 'statsig' } }
    expect(isFromStatsigLibrary({ context })).toBe(true)
    expect(isFromStatsigLibrary({}, { context })).toBe(true)
    expect(isFromStatsigLibrary({ context: { library: { name: 'analytics.js' } } }, { context })).toBe(false)
    expect(isFromStatsigLibrary({ context: { library: 'statsig' } })).toBe(false)
    expect(isFromStatsigLibrary(null)).toBe(false)
  })
})

describe('mappingDoc', () => {
  it('has a line for every row of the table', () => {
    const lines = mappingDoc()
      .split('\n')
      .filter((line) => line.startsWith('| `'))
    expect(lines).toHaveLength(fieldRows.length + ruledRows.length)
    expect(mappingDoc()).toContain('| `user.locale` | all | `context.locale` | text |  |')
  })
})
