/** Golden cases of the outbound mapping: handwritten ones, and what stock SDKs were recorded to send. */
import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isObject } from '../../core/own-keys.ts'
import type { Receipt } from '../../core/receipt.ts'
import { ConnectionSettings, defaultSettings } from '../../core/settings.ts'
import { unpackStatsigSdk } from '../../core/statsig-request.ts'
import { fieldRows, ruledRows } from '../../core/statsig-to-segment/fields.ts'
import {
  firstExposureKeyOf,
  mapStatsigEvent,
  outboundMappingDoc,
  type OutboundMapping,
} from '../../core/statsig-to-segment/index.ts'
import type { Trace } from '../../core/segment-to-statsig/index.ts'

interface Case {
  title: string
  source: string
  event: unknown
  envelope?: object
  settings?: object
  expected: { seen?: Record<string, unknown>; verdict: object }
}

const receivedAtMs = Date.parse('2026-03-01T12:00:00.000Z')
const folder = new URL('./outbound-cases/', import.meta.url)
const cases = readdirSync(folder).map((file) => ({
  file,
  ...(JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Case),
}))

/** A request with these events, as the drain hands them over. */
function received(
  events: unknown[],
  envelope: object = {},
  requestId = 7,
): { items: unknown[]; receipt: Receipt } {
  // Each event is an object of its own, as in parsed JSON.
  const parsed = events.map((event) => (isObject(event) ? { ...event } : event))
  const unpacked = unpackStatsigSdk({ ...envelope, events: parsed })
  if (!unpacked.ok) throw new Error(unpacked.message)
  return {
    items: unpacked.items,
    receipt: { receivedAtMs, source: 'statsig_sdk', batch: unpacked.batch, requestId },
  }
}

function mapAll(events: unknown[], envelope: object = {}, requestId = 7): OutboundMapping[] {
  const { items, receipt } = received(events, envelope, requestId)
  return items.map((item) => mapStatsigEvent(item, receipt, defaultSettings))
}
const idsOfAll = (...call: Parameters<typeof mapAll>) => mapAll(...call).map(({ seen }) => seen.messageId)

/** A warning's text may be reworded; its code and path may not. `message` of a rejection likewise. */
function comparable({ verdict }: OutboundMapping): object {
  const warnings = verdict.warnings.map(({ code, path }) => ({ code, path }))
  if (verdict.kind !== 'rejected') return { ...verdict, warnings }
  return { kind: verdict.kind, code: verdict.code, path: verdict.path, warnings }
}

describe('mapStatsigEvent', () => {
  for (const { title, event, envelope, settings, expected } of cases) {
    it(title, () => {
      const connection = ConnectionSettings.parse(settings ?? {})
      const { items, receipt } = received([event], envelope)
      const mapping = mapStatsigEvent(items[0], receipt, connection)
      expect(comparable(mapping)).toStrictEqual(expected.verdict)
      for (const [key, value] of Object.entries(expected.seen ?? {})) {
        expect([key, mapping.seen[key as keyof OutboundMapping['seen']]]).toEqual([key, value])
      }
    })
  }

  it('has a title of its own and a public source in every case', () => {
    expect(new Set(cases.map(({ title }) => title)).size).toBe(cases.length)
    for (const { file, source } of cases)
      expect([file, source]).toEqual([file, expect.stringMatching(/^https:/)])
  })

  it('is tried with what the SDKs of package.json log: `npm run record:statsig-sdks`', () => {
    const root = new URL('../../package.json', import.meta.url)
    const { devDependencies } = JSON.parse(readFileSync(root, 'utf8')) as {
      devDependencies: Record<string, string>
    }
    const recorded = cases.filter(({ file }) => file.startsWith('sdk-'))
    const sources = ['statsig-node', '@statsig/statsig-node-core', '@statsig/js-client'].map(
      (name) => `https://www.npmjs.com/package/${name}/v/${devDependencies[name] ?? ''}`,
    )
    expect(new Set(recorded.map(({ source }) => source))).toEqual(new Set(sources))
    for (const thing of ['gate', 'config', 'experiment', 'layer', 'event', 'diagnostics'])
      expect([thing, recorded.filter(({ file }) => file.endsWith(`-${thing}.json`)).length]).toEqual([
        thing,
        3,
      ])
  })

  it('rejects a message over 32 KB with its size and its largest part', () => {
    const event = { eventName: 'x', userID: 'u', time: receivedAtMs, metadata: { text: 'y'.repeat(20_000) } }
    const [mapping] = mapAll([event])
    expect(mapping?.verdict).toMatchObject({ kind: 'rejected', code: 'too_large', path: 'metadata' })
    expect((mapping?.verdict as { message: string }).message).toMatch(/40\d{3} bytes; Segment takes 32768/)
  })

  it('takes a message of exactly 32 KB and not one more', () => {
    const sized = (text: string) =>
      mapAll([
        { eventName: 'x', timeUUID: 'm', user: { userID: 'u', custom: { text } }, time: receivedAtMs },
      ])[0]
    const fixed = JSON.stringify((sized('')?.verdict as { event: object }).event).length
    const bytes = (text: string) => sized(text)?.verdict.kind
    expect(bytes('y'.repeat(32_768 - fixed))).toBe('mapped')
    expect(bytes('y'.repeat(32_768 - fixed + 1))).toBe('rejected')
    expect(bytes('\u00e4'.repeat((32_768 - fixed) / 2 + 1))).toBe('rejected')
  })

  it('weighs a request-level user once, and rejects the events that would carry it', () => {
    const user = { userID: 'u', custom: { text: 'y'.repeat(400_000) } }
    const events = Array.from({ length: 5_000 }, (_, n) => ({ eventName: `x${n}`, time: receivedAtMs }))
    const started = process.cpuUsage().user
    const kinds = new Set(mapAll(events, { user }).map(({ verdict }) => verdict.kind))
    expect(kinds).toEqual(new Set(['rejected']))
    expect((process.cpuUsage().user - started) / 1000).toBeLessThan(2_000)
  })

  it('rejects what nests deeper than 64 levels and never throws on it', () => {
    const deep = JSON.parse('{"a":'.repeat(9_000) + '1' + '}'.repeat(9_000)) as object
    expect(mapAll([{ eventName: 'x', userID: 'u', metadata: deep }])[0]?.verdict).toMatchObject({
      kind: 'rejected',
      code: 'too_deep',
    })
    expect(mapAll([{ eventName: 'x' }], { user: deep })[0]?.verdict).toMatchObject({ code: 'too_deep' })
  })

  describe('where the experiments of the project are known', () => {
    const experiments = new Map([
      ['button_colour', new Map([['group_green', 'Green']])],
      ['bare', new Map()],
    ])
    const told = (event: object, settings: object = {}) => {
      const base = { userID: 'u', time: receivedAtMs, value: null, ...event }
      const { items, receipt } = received([base])
      const connection = ConnectionSettings.parse(settings)
      const { seen, verdict } = mapStatsigEvent(items[0], { ...receipt, experiments }, connection)
      if (verdict.kind !== 'mapped') return { seen, verdict }
      const { event: name, properties } = verdict.event
      return { name, metadata: properties.metadata, seen: seen.event, track: verdict.event, item: items[0] }
    }
    const exposure = (config: string, ruleID: string, eventName = 'statsig::config_exposure') => ({
      ...{ eventName, metadata: { config, ruleID } },
    })

    it('names their exposures as Statsig exports them, with the group', () => {
      expect(told(exposure('button_colour', 'group_green'))).toMatchObject({
        name: 'statsig::experiment_exposure',
        metadata: { config: 'button_colour', ruleID: 'group_green', experimentGroupName: 'Green' },
        seen: 'statsig::config_exposure',
      })
      expect(told(exposure('button_colour', 'default')).metadata).toEqual({
        ...{ config: 'button_colour', ruleID: 'default' },
      })
      expect(told(exposure('bare', 'x')).name).toBe('statsig::experiment_exposure')
    })

    it.each([
      ['a dynamic config', exposure('prices', 'group_green')],
      ['a layer', exposure('button_colour', 'group_green', 'statsig::layer_exposure')],
      ['an event of that name without a config', { eventName: 'statsig::config_exposure', metadata: {} }],
      ['a logged event', exposure('button_colour', 'group_green', 'Seen')],
    ])('leaves %s as it is', (_, event) => {
      expect(told(event)).toMatchObject({ name: event.eventName, metadata: event.metadata })
    })

    it('knows an exposure under either name as the first one, and has one messageId for both', () => {
      const settings = ConnectionSettings.parse({ filters: { outbound: { firstExposureOnly: true } } })
      const keyOf = (event: ReturnType<typeof exposure>) => {
        const { item, track } = told(event)
        return track && firstExposureKeyOf(item, { type: 'exposure' }, track, settings)
      }
      const ours = keyOf(exposure('button_colour', 'group_green'))
      expect(ours).toBe(keyOf(exposure('button_colour', 'group_green', 'statsig::experiment_exposure')))
      const { item, track } = told(exposure('button_colour', 'r'))
      const [unknown] = mapAll([item])
      expect(track?.messageId).toBe(unknown?.seen.messageId)
    })
  })

  describe('of an SDK whose clock is wrong', () => {
    const at = (time: unknown, clockBehindMs: number, trace?: Trace) => {
      const { items, receipt } = received([{ eventName: 'x', userID: 'u', time }])
      const { seen, verdict } = mapStatsigEvent(
        items[0],
        { ...receipt, clockBehindMs },
        defaultSettings,
        trace,
      )
      const { timestamp } = (verdict as { event: { timestamp: string } }).event
      return [Date.parse(timestamp) - receivedAtMs, (seen.timeMs ?? NaN) - receivedAtMs]
    }
    const day = 86_400_000

    it('counts its times back from the moment of receipt', () => {
      const trace: Trace = { origins: [] }
      expect(at(receivedAtMs - day - 2_000, day, trace)).toEqual([-2_000, -2_000])
      expect(trace.origins.find(({ target }) => target === 'timestamp')?.from).toBe(
        "time, corrected by the client's clock",
      )
      expect(at(String(receivedAtMs + day - 2_000), -day)).toEqual([-2_000, -2_000])
      // Since its battery was flat it lives in 1976.
      expect(at(200_000_000_000, receivedAtMs - 200_000_002_000)).toEqual([-2_000, -2_000])
    })

    it('leaves a time alone that cannot be of that clock, and that of receipt', () => {
      expect(at(receivedAtMs, day)).toEqual([0, 0])
      expect(at(undefined, day)).toEqual([0, 0])
    })
  })

  it('tells in a trace where every field came from', () => {
    const trace: Trace = { origins: [] }
    const event = { eventName: 'x', time: receivedAtMs, user: { userID: 'u' }, value: 1, metadata: { a: 1 } }
    const { items, receipt } = received([event], { statsigMetadata: { stableID: 's' } })
    mapStatsigEvent(items[0], receipt, defaultSettings, trace)
    expect(Object.fromEntries(trace.origins.map(({ target, from }) => [target, from]))).toEqual({
      event: 'eventName',
      userId: 'user.userID',
      timestamp: 'time',
      'context.user': 'user',
      'context.value': 'value',
      'context.metadata': 'metadata',
      'context.stableID': 'request.statsigMetadata.stableID',
      'properties.value': 'value',
      'properties.metadata': 'metadata',
    })
  })

  it('gives every JSON value a verdict, and what it maps holds every rule of Segment', () => {
    const json = fc.jsonValue({ maxDepth: 4 })
    const event = fc.record(
      {
        eventName: fc.oneof(fc.string(), json),
        time: fc.oneof(fc.integer(), fc.double(), fc.string(), json),
        user: fc.oneof(json, fc.record({ userID: json, customIDs: json, privateAttributes: json })),
        metadata: json,
        value: json,
        timeUUID: json,
        statsigMetadata: json,
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(fc.oneof(event, json), json, (item, user) => {
        const { items, receipt } = received([item, item], { user })
        const [first, second] = items.map((one) => mapStatsigEvent(one, receipt, defaultSettings))
        if (first?.verdict.kind !== 'mapped') return
        const track = first.verdict.event
        const text = JSON.stringify(track)
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(32 * 1024)
        expect(text).not.toContain('privateAttributes"')
        expect(track.event.trim()).not.toBe('')
        expect((track.userId ?? track.anonymousId ?? '').trim()).not.toBe('')
        expect(Number.isNaN(Date.parse(String(track.timestamp)))).toBe(false)
        expect((track.messageId ?? '').length).toBeLessThan(100)
        // The same event again is another one, unless it says by its UUID that it is the same.
        const hasUuid = (item as { timeUUID?: unknown }).timeUUID === track.messageId
        const isNumbered = String((item as { timeUUID?: unknown }).timeUUID) === track.messageId
        expect(first.seen.messageId === second?.seen.messageId).toBe(hasUuid || isNumbered)
      }),
      { numRuns: 400 },
    )
  })
})

describe('messageIdOf', () => {
  const event = { eventName: 'x', time: receivedAtMs, user: { userID: 'u' }, value: 1 }

  it('is the same for the same event in another request, and begins with our prefix', () => {
    const [id] = idsOfAll([event])
    expect(id).toMatch(/^statsig-[0-9a-f]{32}$/)
    expect(idsOfAll([{ eventName: 'other' }, event], {}, 8)[1]).toBe(id)
  })
  it('tells equal events of one request apart by their order', () => {
    const ids = idsOfAll([event, { ...event, value: 2 }, event, event])
    expect(new Set(ids).size).toBe(4)
    expect(idsOfAll([event, event, event], {}, 9)).toEqual([ids[0], ids[2], ids[3]])
  })
  it('tells an event without a time from the same one of another request', () => {
    const timeless = { ...event, time: undefined }
    expect(idsOfAll([timeless], {}, 1)).toEqual(idsOfAll([timeless], {}, 1))
    expect(idsOfAll([timeless], {}, 1)).not.toEqual(idsOfAll([timeless], {}, 2))
  })
  it('tells equal events of two devices apart by what their requests say', () => {
    const anonymous = { eventName: 'x', time: receivedAtMs, user: {} }
    const of = (stableID: string) =>
      idsOfAll([anonymous], { statsigMetadata: { stableID, sessionID: 'any' } })
    expect(of('a')).not.toEqual(of('b'))
    expect(of('a')).toEqual(idsOfAll([anonymous], { statsigMetadata: { sessionID: 'next', stableID: 'a' } }))
    const userless = { ...event, user: undefined }
    expect(idsOfAll([userless], { user: { userID: 'a' } })).not.toEqual(
      idsOfAll([userless], { user: { userID: 'b' } }),
    )
  })
  it('makes one where the UUID of an event is too long for Segment', () => {
    expect(idsOfAll([{ ...event, timeUUID: 'u'.repeat(99) }])).toEqual(['u'.repeat(99)])
    expect(idsOfAll([{ ...event, timeUUID: 'u'.repeat(100) }])[0]).toMatch(/^statsig-/)
  })
})

describe('outboundMappingDoc', () => {
  it('has a line for every row, by the kind of event', () => {
    const lines = outboundMappingDoc().split('\n')
    for (const { target, kinds } of [...fieldRows, ...ruledRows]) {
      const found = lines.filter((line) => line.startsWith(`| \`${target}\` |`))
      expect([target, found.length > 0 && kinds.length > 0]).toEqual([target, true])
    }
  })
})
