// Every awkward kind of Segment message, batch and field, as fast-check arbitraries.
import fc from 'fast-check'
import { Bag, deepArray, deepObject, manyKeys, Raw } from './wire.ts'

export const receivedAtMs = Date.parse('2026-01-05T12:00:00.000Z')
const iso = (ms: number) => new Date(ms).toISOString()

const protoNames = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'valueOf',
  'length',
]
const awkwardTexts = [
  ...['', ' ', '\t\r\n', '\0', 'a\0b', '\u0001', '\u007f', '\u0085', '\u2028', '\u200b', '\ufeff', '\ufffd'],
  ...['\ud800', 'x\udfff', '\udc00\ud800', '\ud83d', '\ude00', '\u{1F600}', 'e\u0301', '\u202etxt', '\u0663'],
  ...['null', 'undefined', 'NaN', 'true', 'Infinity', '-0', '0', '1e400', '0x10', '1,5', '[object Object]'],
  ...['"', '\\', '\\u0000', '%00', '<b>', "'; DROP TABLE entries;--", '$where', 'a.b.c', 'a_b_c', '..', '_'],
  ...['userID', 'userid', 'USERID', 'statsig::x', 'segment::x', 'causeway-1-0', 'x'.repeat(129)],
]
const rawNumbers = [
  ...['-0', '0.0', '1e400', '-1e400', '5e-324', '1e21', '1E+2', '9007199254740991', '9007199254740993'],
  ...[
    '123456789012345678901234567890',
    '-9007199254740993',
    '0.1',
    '1.7976931348623157e308',
    '1.5',
    '-1',
    '7',
  ],
]

export const text = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...awkwardTexts) },
  { weight: 1, arbitrary: fc.constantFrom(...protoNames) },
  { weight: 4, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme-ascii', maxLength: 30 }) },
)
const key = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'a_b', 'a.b', 'a_b_c', 'b.c', '', '0', '-1', 'A') },
  { weight: 2, arbitrary: fc.constantFrom(...protoNames) },
  { weight: 4, arbitrary: text },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      ...['value', 'revenue', 'statsigCustomIDs', 'statsigCustom', 'statsigEnvironment', 'name', 'category'],
    ),
  },
)
const number = fc.oneof(
  fc.constantFrom(...rawNumbers).map((raw) => new Raw(raw)),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
)
const scalar = fc.oneof(text, number, fc.constantFrom(true, false, null))
const emptyValues = fc.constantFrom(null, '', ' ', 0, false, [], new Bag([]), [[]], [null])

/** At the edges of what is taken. */
const edges = fc.oneof(
  fc.constantFrom(62, 63, 64, 65, 66).map(deepObject),
  fc.constantFrom(62, 63, 64, 65, 66).map(deepArray),
  fc.constantFrom('x', '\u{1F600}', '\0', '"').map((unit) => unit.repeat(5_000)),
)
/** Rare enough that a million messages do not take the day. */
const bombs = fc.oneof(
  { weight: 15, arbitrary: fc.constantFrom(2_000, 10_000).map(deepObject) },
  { weight: 15, arbitrary: fc.constantFrom(1_000, 3_000).map(manyKeys) },
  { weight: 1, arbitrary: fc.constant(100_000).map(deepObject) },
  { weight: 1, arbitrary: fc.constant(100_000).map(deepArray) },
  { weight: 1, arbitrary: fc.constant('y'.repeat(1_000_000)) },
)

const nested = fc.letrec<{ value: unknown; bag: Bag }>((tie) => ({
  bag: fc.array(fc.tuple(key, tie('value')), { maxLength: 5 }).map((entries) => new Bag(entries)),
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: false },
    { weight: 12, arbitrary: scalar },
    { weight: 3, arbitrary: emptyValues },
    { weight: 3, arbitrary: fc.array(tie('value'), { maxLength: 4 }) },
    { weight: 4, arbitrary: tie('bag') },
  ),
}))
/** Any JSON value. */
export const value: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 8_000, arbitrary: nested.value },
  { weight: 40, arbitrary: edges },
  { weight: 1, arbitrary: bombs },
)

/** `good` most of the time, any value otherwise. */
const mostly = (good: fc.Arbitrary<unknown>, weight = 6): fc.Arbitrary<unknown> =>
  fc.oneof({ weight, arbitrary: good }, { weight: 2, arbitrary: value })

const goodTimes = fc.integer({ min: -3_600_000, max: 120_000 }).map((off) => iso(receivedAtMs + off))
export const time: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 8, arbitrary: goodTimes },
  { weight: 2, arbitrary: fc.integer({ min: -700_000, max: 90_000 }).map((s) => receivedAtMs / 1000 + s) },
  { weight: 1, arbitrary: fc.date({ noInvalidDate: true }).map((date) => date.toISOString()) },
  { weight: 1, arbitrary: fc.date({ noInvalidDate: true }).map(String) },
  {
    weight: 4,
    arbitrary: fc.constantFrom<unknown>(
      ...['2026-01-05', '20260105T120000Z', '2026-01-05 12:00', '2026-01-05t12:00:00z', '2026-02-30', 'now'],
      ...['2026-01-05T12:00:00+05:30', '2026-01-05T12:00:00-1145', '2026-01-05T24:00:00Z', '2026-13-01', ''],
      ...['2026-01-05T12:00:60Z', '2026-01-05T23:59:60Z', '2026-01-05T12:00:00.123456789Z', '0000-01-01'],
      ...['9999-12-31T23:59:59.999Z', '0001-01-01T00:00:00Z', '+012026-01-05T12:00:00Z', '-000001-01-01'],
      ...['01/05/2026', 'Mon, 05 Jan 2026 12:00:00 GMT', '2026-W02-1', '1767614400', '2026-03-29T02:30:00'],
      ...[1767614400, 1767614400123, 1767614400.5, -1, 0, 8.64e15, -8.64e15, 8.64e15 + 1, 99_999_999_999],
      ...[new Raw('1e400'), new Raw('-0'), new Raw('9007199254740993'), null, true, [], new Bag([])],
    ),
  },
  { weight: 2, arbitrary: value },
)

const id = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom<unknown>('u1', 'user-2', 42, 'ü', '\u{1F600}') },
  { weight: 2, arbitrary: text },
  { weight: 2, arbitrary: number },
  { weight: 1, arbitrary: value },
)
const pairs = mostly(
  fc.array(fc.oneof(fc.constantFrom('companyID', 'userID', 'plan'), value), { maxLength: 6 }),
)
const bagOf = (known: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<unknown> =>
  fc
    .tuple(fc.record(known, { requiredKeys: [] }), fc.array(fc.tuple(key, value), { maxLength: 5 }))
    .map(([record, more]) => new Bag([...Object.entries(record), ...more]))

const properties = mostly(
  bagOf({
    value: id,
    revenue: id,
    statsigCustomIDs: pairs,
    statsigCustom: pairs,
    statsigEnvironment: fc.oneof(value, bagOf({ tier: scalar })),
    audience_key: text,
  }),
)
const personas = bagOf({
  computation_class: mostly(fc.constantFrom('audience', 'journey_step', 'trait')),
  computation_key: mostly(fc.constant('big_spenders')),
  computation_id: mostly(fc.constant('aud_1')),
})
/** Of a message or of a batch. */
export const context: fc.Arbitrary<unknown> = mostly(
  bagOf({
    ip: mostly(fc.constantFrom('203.0.113.7', '::1')),
    userAgent: text,
    locale: scalar,
    app: mostly(bagOf({ version: scalar })),
    traits: mostly(bagOf({ email: scalar })),
    library: mostly(bagOf({ name: fc.constantFrom('analytics.js', 'statsig', 'analytics-node') })),
    direct: value,
    personas: fc.oneof({ weight: 3, arbitrary: value }, { weight: 1, arbitrary: personas }),
  }),
)
const switchName = fc.constantFrom('All', 'all', 'ALL', 'Statsig', 'statsig', 'StatSig', 'Amplitude')
/** Of every shape; mostly one that lets the message pass. */
export const integrations: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<unknown>(null, new Bag([]), new Bag([['All', true]])) },
  {
    weight: 2,
    arbitrary: fc
      .array(fc.tuple(switchName, fc.oneof(fc.boolean(), value)), { maxLength: 4 })
      .map((entries) => new Bag(entries)),
  },
  { weight: 1, arbitrary: value },
)

const fields = {
  type: mostly(
    fc.constantFrom('track', 'track', 'page', 'screen', 'group', 'alias', 'identify', 'delete'),
    20,
  ),
  event: fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom<unknown>('Order Completed', 'a', 7) },
    { weight: 3, arbitrary: text },
    { weight: 1, arbitrary: value },
  ),
  name: scalar,
  category: value,
  userId: id,
  anonymousId: id,
  groupId: id,
  previousId: id,
  messageId: id,
  timestamp: time,
  originalTimestamp: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: time }),
  receivedAt: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: time }),
  sentAt: time,
  context,
  integrations,
  properties,
  traits: properties,
}
/** One message: an object with fields of any kind, seldom something else. */
export const message: fc.Arbitrary<unknown> = fc.oneof(
  {
    weight: 30,
    arbitrary: fc
      .tuple(
        fc.record(fields, { requiredKeys: [] }),
        mostly(fc.constantFrom('track', 'page', 'group'), 20),
        fc.array(fc.tuple(key, value), { maxLength: 2 }),
      )
      .map(([record, type, more]) => new Bag([['type', type], ...Object.entries(record), ...more])),
  },
  { weight: 2, arbitrary: value },
  { weight: 1, arbitrary: fc.array(value, { maxLength: 3 }) },
)

/** What stands beside `batch` in the body of a batch. */
export const batchFields: fc.Arbitrary<readonly (readonly [string, unknown])[]> = fc
  .tuple(
    fc.record({ context, integrations, sentAt: time }, { requiredKeys: [] }),
    fc.array(fc.tuple(key, value), { maxLength: 2 }),
  )
  .map(([record, more]) => [...Object.entries(record), ...more])
