// What must hold of the mapping, whatever comes. Each function throws where it does not; tests and the long run share it.
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { z } from 'zod'
import { standingLanes } from '../../core/lanes.ts'
import type { Receipt } from '../../core/receipt.ts'
import { lanesOf } from '../../core/route-lanes.ts'
import { mapSegmentMessage, type Mapping } from '../../core/segment-to-statsig/index.ts'
import { ConnectionSettings, defaultSettings } from '../../core/settings.ts'
import { parseBody, receiptOf, unpackStored } from '../../core/stored-request.ts'
import { batchFields, message, receivedAtMs } from './arbitraries.ts'
import { strictEvent } from './statsig-event.ts'
import { Bag, toWire } from './wire.ts'

/** Settings that a person may make, odd ones among them. */
const settingsKinds = [
  defaultSettings,
  ConnectionSettings.parse({ inbound: { prefix: '' }, types: { alias: true } }),
  ConnectionSettings.parse({ inbound: { prefix: 'a\ud83d', nameInEvent: true }, environment: 'd\0\ud800' }),
  ConnectionSettings.parse({ inbound: { enabled: false } }),
  ConnectionSettings.parse({
    types: { alias: true },
    environment: ' ',
    identifiers: [
      { from: '__proto__', to: 'toString' },
      { from: 'properties.__proto__.a', to: '__proto__' },
      { from: 'context.traits.email', to: 'userid' },
      { from: 'properties.a.b', to: 'x.\u{1F600}' },
      { from: 'context.constructor.name', to: 'constructor' },
      { from: 'anonymousId', to: 'hasOwnProperty' },
      { from: '..', to: 'dots' },
    ],
  }),
]

/** One request with its messages and one good message among them. */
export interface MappingCase {
  items: unknown[]
  fields: readonly (readonly [string, unknown])[]
  source: Receipt['source']
  callerIp: string | undefined
  settings: number
  goodAt: number
}

export const mappingCase: fc.Arbitrary<MappingCase> = fc.record({
  items: fc.array(message, { minLength: 1, maxLength: 6 }),
  fields: batchFields,
  source: fc.constantFrom('tracking', 'tracking', 'webhook', 'archive'),
  callerIp: fc.constantFrom(undefined, '198.51.100.1'),
  settings: fc.nat({ max: settingsKinds.length - 1 }),
  goodAt: fc.nat({ max: 6 }),
})

const good = new Bag([
  ...Object.entries({ type: 'track', event: 'Order Completed', userId: 'known', messageId: 'm-good' }),
  ['properties', new Bag([['plan', 'pro']])],
])

/** How often each verdict was seen, so that a run can show that it came everywhere. */
export type Tally = Record<Mapping['verdict']['kind'] | 'messages', number>
export const newTally = (): Tally => ({ messages: 0, mapped: 0, filtered: 0, skipped: 0, rejected: 0 })

/** The whole check of one case. */
export function checkMapping(made: MappingCase, tally: Tally): void {
  const beside = [...made.items]
  const goodAt = Math.min(made.goodAt, beside.length)
  beside.splice(goodAt, 0, good)
  const once = mapAll(made, beside)
  const again = mapAll(made, beside)
  const [alone] = mapAll(made, [good])
  if (!isDeepStrictEqual(once, again)) throw new Error('the same body maps in two ways')
  if (!isDeepStrictEqual(once[goodAt], alone)) throw new Error('a neighbour changed the good message')
  once.forEach(({ mapping }, at) => {
    checkShape(mapping, made.source)
    if (at === goodAt) return
    tally.messages += 1
    tally[mapping.verdict.kind] += 1
  })
}

/** Every message of the case with what the mapping and the router say of it, from the text of a body on. */
export function mapAll(made: MappingCase, items: unknown[]) {
  const { source, callerIp } = made
  const body = Buffer.from(
    source === 'tracking' ? toWire(new Bag([...made.fields, ['batch', items]])) : toWire(items),
  )
  const stored = { source: source === 'archive' ? 'webhook' : source, call: 'batch' } as const
  const unpacked = unpackStored(stored, parseBody(body))
  if (!unpacked.ok) throw new Error(`a sound body was refused: ${unpacked.code}`)
  if (unpacked.items.length !== items.length) throw new Error('an item is lost')
  const receipt = receiptOf({ source, call: 'batch', callerIp, receivedAtMs }, unpacked.batch)
  const settings = settingsKinds[made.settings] ?? defaultSettings
  return unpacked.items.map((item) => {
    const mapping = mapSegmentMessage(item, receipt, settings)
    if (mapping.verdict.kind === 'mapped' && levelsOf(item) > 64)
      throw new Error('a message too deep is mapped')
    return { mapping, lanes: checkedLanes(item, receipt) }
  })
}

function checkedLanes(item: unknown, receipt: Receipt): readonly string[] {
  const lanes = lanesOf(item, receipt, 3_600_000)
  const isKnown = lanes.every((lane) => standingLanes.includes(lane))
  if (!isKnown || lanes.length < 1 || lanes.length > 2) throw new Error(`lanes: ${lanes.join()}`)
  return lanes
}

/** How deep a value nests, up to 70: `properties` of a message is its first level. */
function levelsOf(item: unknown): number {
  let level: unknown[] = [item]
  for (let levels = -1; ; levels += 1) {
    const bags = level.filter((value) => typeof value === 'object' && value !== null)
    if (bags.length === 0 || levels === 70) return levels
    level = bags.flatMap((bag) => Object.values(bag) as unknown[])
  }
}

const clean = z.string().refine((text) => text.isWellFormed() && !text.includes('\0'))
const code = z.string().regex(/^[a-z_]+$/)
const Warnings = z.array(z.strictObject({ code, path: z.string(), message: z.string() })).max(51)
const Seen = z.strictObject({
  messageId: clean.refine((id) => id.trim() !== '' && Buffer.byteLength(id) <= 1024).optional(),
  type: clean.max(32).optional(),
  event: clean.max(256).optional(),
  userId: clean.max(256).optional(),
  anonymousId: clean.max(256).optional(),
  timeMs: z.int().min(-8.64e15).max(8.64e15).optional(),
})
const verdictBefore = (latestMs: number) =>
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('mapped'), event: strictEvent(latestMs), warnings: Warnings }),
    z.strictObject({ kind: z.literal('filtered'), rule: code, warnings: Warnings }),
    z.strictObject({ kind: z.literal('skipped'), reason: code, warnings: Warnings }),
    z.strictObject({
      kind: z.literal('rejected'),
      ...{ code, path: clean.max(256), message: clean.max(256), warnings: Warnings },
    }),
  ])

const Verdict = verdictBefore(receivedAtMs)
/** A line of an archive that names no time of receipt was received at its own time, whatever that says. */
const ArchivedVerdict = verdictBefore(8.64e15 - 300_000)

function checkShape({ seen, verdict }: Mapping, source: Receipt['source']): void {
  Seen.parse(seen)
  ;(source === 'archive' ? ArchivedVerdict : Verdict).parse(verdict)
  if (verdict.kind !== 'mapped') return
  const sent = JSON.stringify(verdict.event)
  if (JSON.stringify(JSON.parse(sent)) !== sent) throw new Error('the event changes on the wire')
}
