/**
 * A Statsig event as a Segment track call: the one function that the live path, exports, redrives and the event tester
 * call. Pure, and total: any JSON value gets a verdict.
 */
import { isObject, type Json } from '../own-keys.ts'
import type { Rejection, SkipReason, Verdict, Warning } from '../outcome.ts'
import type { Receipt } from '../receipt.ts'
import { refuseDepth } from '../segment-to-statsig/depth.ts'
import { Notes, type Trace } from '../segment-to-statsig/notes.ts'
import type { Seen } from '../segment-to-statsig/seen.ts'
import type { ConnectionSettings } from '../settings.ts'
import { cutText, utf8Length } from '../text.ts'
import { refuseEnvelope } from './envelope.ts'
import { eventNameOf, openEvent, type StatsigEventView } from './event.ts'
import { toldApart } from './experiments.ts'
import type { OutKind } from './fields.ts'
import { heldBackBy } from './filter.ts'
import { idsOf, stableIdOf, userIdOf } from './identity.ts'
import { readFields } from './interpreter.ts'
import { segmentLimits } from './limits.ts'
import { messageIdOf } from './message-id.ts'
import { settleTime, timeOf } from './time.ts'

export { outboundMappingDoc } from './doc.ts'
export type { Experiments } from './experiments.ts'
export { outboundFilterOf } from './filter.ts'
export { firstExposureKeyOf } from './first-exposure.ts'

/** What goes to Segment: https://segment.com/docs/connections/spec/track/ */
export interface SegmentTrack {
  type: 'track'
  messageId?: string
  userId?: string
  anonymousId?: string
  /** ISO 8601, or epoch ms where the connection wants what Statsig documents. */
  timestamp: string | number
  event: string
  context: Record<string, unknown> & { library: { name: 'statsig'; version: '1.0' } }
  properties: Record<string, unknown>
}

export interface OutboundMapping {
  /** What the explorer can find an event by; `type` is `event`, `exposure`, `config_change` or `internal`. */
  seen: Seen
  verdict: Verdict<SegmentTrack>
}

/** Of what is only looked up by; longer ones are cut here and whole in the body. */
const indexedCharsMax = 256

/** Maps one event. `trace`, where given, is filled with the origin of every field. */
export function mapStatsigEvent(
  item: unknown,
  receipt: Receipt,
  settings: ConnectionSettings,
  trace?: Trace,
): OutboundMapping {
  const notes = new Notes(trace)
  if (!isObject(item)) return { seen: {}, verdict: rejected(notAnObject, notes.warnings) }
  const view = openEvent(item, receipt.batch)
  const seen = seenOf(view, receipt)
  return {
    seen,
    verdict: holdBack(view, seen, settings, notes) ?? mapEvent(view, seen, receipt, settings, notes),
  }
}

function seenOf(view: StatsigEventView, receipt: Receipt): Seen {
  const seen: Seen = { type: view.kind }
  const messageId = messageIdOf(view.item, receipt)
  if (messageId !== undefined) seen.messageId = messageId
  const event = eventNameOf(view.item)
  if (event !== undefined) seen.event = cutText(event, indexedCharsMax)
  const userId = userIdOf(view, new Notes(undefined))
  if (userId !== undefined) seen.userId = cutText(userId, indexedCharsMax)
  const anonymousId = stableIdOf(view, '', new Notes(undefined))
  if (anonymousId !== undefined) seen.anonymousId = cutText(anonymousId, indexedCharsMax)
  const timeMs = timeOf(view.item, receipt)
  if (!Number.isNaN(timeMs)) seen.timeMs = timeMs
  return seen
}

/** What keeps a sound event from leaving: the switch, what is Statsig's own business, the loop guard, the filters. */
function holdBack(
  view: StatsigEventView,
  seen: Seen,
  settings: ConnectionSettings,
  notes: Notes,
): Verdict<SegmentTrack> | undefined {
  const { warnings } = notes
  const { item, kind } = view
  if (settings.outbound.enabled === false) return skipped('type_off', warnings)
  if (kind === 'internal') return skipped('internal', warnings)
  const { prefix } = settings.inbound
  // What we brought to Statsig ourselves comes from Segment and does not go back there.
  const isOurs = prefix !== '' && eventNameOf(item)?.startsWith(prefix) === true
  const rule = isOurs ? 'loop' : heldBackBy(view, seen, settings, notes)
  return rule === undefined ? undefined : { kind: 'filtered', rule, warnings }
}

function mapEvent(
  logged: StatsigEventView,
  seen: Seen,
  receipt: Receipt,
  settings: ConnectionSettings,
  notes: Notes,
): Verdict<SegmentTrack> {
  const { warnings } = notes
  const view = toldApart(logged, receipt.experiments)
  const { item } = view
  const event = eventNameOf(item)
  if (event === undefined) return rejected(noName, warnings)
  notes.origin('event', view === logged ? 'eventName' : 'eventName, and the experiments of the project')
  const refused = refuseDepth(item) ?? (isObject(item.user) ? undefined : refuseEnvelope(receipt.batch))
  if (refused !== undefined) return rejected(refused, warnings)
  const atMs = settleTime(item, receipt, notes)
  if (typeof atMs !== 'number') return rejected(atMs, warnings)
  const ids = idsOf(view, settings, notes)
  if (ids.userId === undefined && ids.anonymousId === undefined) return rejected(noId, warnings)
  const track: SegmentTrack = {
    type: 'track',
    ...(seen.messageId === undefined ? {} : { messageId: seen.messageId }),
    ...ids,
    timestamp: settings.outbound.timestampFormat === 'number' ? atMs : new Date(atMs).toISOString(),
    event,
    ...partsOf(view, notes),
  }
  const tooLarge = refuseSize(track)
  return tooLarge === undefined ? { kind: 'mapped', event: track, warnings } : rejected(tooLarge, warnings)
}

function partsOf(view: StatsigEventView, notes: Notes): Pick<SegmentTrack, 'context' | 'properties'> {
  const { context, properties } = readFields(view, view.kind as OutKind, notes)
  const library = { name: 'statsig', version: '1.0' } as const
  const stableID = view.kind === 'config_change' ? undefined : stableIdOf(view, 'context.stableID', notes)
  return { context: { ...context, library, ...(stableID === undefined ? {} : { stableID }) }, properties }
}

/** Segment answers 200 to a message that is too large and drops it, or 400 to its whole batch. */
function refuseSize(track: SegmentTrack): Rejection | undefined {
  const bytes = utf8Length(JSON.stringify(track))
  if (bytes <= segmentLimits.messageBytesMax) return undefined
  const message = `The message has ${bytes} bytes; Segment takes ${segmentLimits.messageBytesMax}.`
  return { code: 'too_large', path: largestPart(track), message }
}

function largestPart({ context, properties }: SegmentTrack): string {
  const parts: Json = { user: context.user, metadata: properties.metadata, value: properties.value }
  const sizes = Object.entries(parts).map(
    ([name, value]) => [name, (JSON.stringify(value) as string | undefined)?.length ?? 0] as const,
  )
  return sizes.reduce((a, b) => (b[1] > a[1] ? b : a))[0]
}

const notAnObject: Rejection = { code: 'not_an_object', path: '', message: 'An event must be a JSON object.' }
const noName: Rejection = {
  code: 'no_event_name',
  path: 'eventName',
  message: 'An event needs a name in `eventName`: text that is not blank, or a number.',
}
const noId: Rejection = {
  code: 'no_id',
  path: 'user',
  message: 'No usable id: neither a userID, nor a stable id, nor a mapped identifier.',
}

function rejected({ code, path, message }: Rejection, warnings: Warning[]): Verdict<SegmentTrack> {
  return { kind: 'rejected', code, path, message, warnings }
}

function skipped(reason: SkipReason, warnings: Warning[]): Verdict<SegmentTrack> {
  return { kind: 'skipped', reason, warnings }
}
