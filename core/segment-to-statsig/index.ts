/**
 * A Segment message as a Statsig event: the one function that the live path, replays, redrives and the event tester
 * call. Pure, and total: any JSON value gets a verdict.
 */
import { lineReceipt } from '../archive-line.ts'
import { isObject } from '../own-keys.ts'
import type { Rejection, SkipReason, Verdict, Warning } from '../outcome.ts'
import type { Receipt } from '../receipt.ts'
import type { ConnectionSettings } from '../settings.ts'
import type { StatsigEvent } from '../statsig.ts'
import { isAudienceMessage } from '../audience-message.ts'
import { isProof } from '../setup.ts'
import { refuseDepth } from './depth.ts'
import { filterVerdictOf } from './filter.ts'
import { identifierReaders, idsOf, type IdentifierReader } from './identity.ts'
import { readFields } from './interpreter.ts'
import { isStatsigEcho } from './loop.ts'
import { messageTypeFrom, openMessage, statedType, type Message } from './message.ts'
import { metadataOf } from './metadata.ts'
import { eventNameOf } from './names.ts'
import { Notes, type Trace } from './notes.ts'
import { isOptedOut } from './opt-out.ts'
import { customOf } from './pairs.ts'
import { seenOf, type Seen } from './seen.ts'
import { settleTime } from './time.ts'
import { userOf } from './user.ts'

export { isFromStatsigLibrary } from './loop.ts'
export { inboundFilterOf } from './filter.ts'
export { mappingDoc } from './doc.ts'
export type { Origin, Trace } from './notes.ts'
export type { Seen } from './seen.ts'

export interface Mapping {
  seen: Seen
  verdict: Verdict<StatsigEvent>
}

/**
 * Maps one message. `settings` is one version of a connection's settings and is not to be changed afterwards: what is
 * compiled from it is kept by its identity. `trace`, where given, is filled with the origin of every field.
 */
export function mapSegmentMessage(
  item: unknown,
  ofRequest: Receipt,
  settings: ConnectionSettings,
  trace?: Trace,
): Mapping {
  const receipt = lineReceipt(item, ofRequest)
  const notes = new Notes(trace)
  const seen = seenOf(item, receipt, notes)
  return { seen, verdict: judge(item, seen, receipt, settings, notes) }
}

function judge(
  item: unknown,
  seen: Seen,
  receipt: Receipt,
  settings: ConnectionSettings,
  notes: Notes,
): Verdict<StatsigEvent> {
  const { warnings } = notes
  if (!isObject(item))
    return rejected(
      receipt.source === 'archive' && typeof item === 'string' ? notJson : notAnObject,
      warnings,
    )
  const stated = statedType(item, receipt)
  // What it asks for is done where its entry ends (db/delete-events.ts); it is never an event.
  if (stated === 'delete') return skipped('internal', warnings)
  if (isProof(item.messageId, item.event)) return skipped('internal', warnings)
  const type = messageTypeFrom(stated)
  if (type === undefined) return rejected(unknownType, warnings)
  const message = openMessage(item, receipt, type, notes)
  if ('code' in message) return rejected(message, warnings)
  return holdBack(message, seen, settings, notes) ?? mapMessage(message, seen, settings, notes)
}

/** What keeps a sound message from being delivered: the sender, the loop guard, the switches, then the filters. */
function holdBack(
  message: Message,
  seen: Seen,
  settings: ConnectionSettings,
  notes: Notes,
): Verdict<StatsigEvent> | undefined {
  const { item, type, receipt } = message
  const { warnings } = notes
  if (isOptedOut(message)) return { kind: 'filtered', rule: 'integrations', warnings }
  if (isStatsigEcho(item, receipt.batch)) return { kind: 'filtered', rule: 'loop', warnings }
  if (!settings.inbound.enabled) return skipped('type_off', warnings)
  if (type !== 'identify') {
    if (!settings.types[type]) return skipped('type_off', warnings)
    const filter = filterVerdictOf(message, seen, settings)
    notes.filter(filter)
    const { included, rule } = filter
    return included ? undefined : { kind: 'filtered', rule, warnings }
  }
  // An identify is never an event. One of an audience is the audiences lane's: it comes here by mistake, or out of an
  // archive, whose memberships are of the past (decision 0023).
  if (!isAudienceMessage(item, receipt.batch)) return skipped('identify_without_audience', warnings)
  return skipped(receipt.source === 'archive' ? 'stale_membership' : 'internal', warnings)
}

function mapMessage(
  message: Message,
  seen: Seen,
  settings: ConnectionSettings,
  notes: Notes,
): Verdict<StatsigEvent> {
  const { warnings } = notes
  const eventName = eventNameOf(message, settings, notes)
  if (typeof eventName !== 'string') return rejected(eventName, warnings)
  const tooDeep = refuseDepth(message.item)
  if (tooDeep !== undefined) return rejected(tooDeep, warnings)
  const time = settleTime(seen.timeMs ?? NaN, message, notes)
  if (typeof time !== 'number') return rejected(time, warnings)
  seen.timeMs = time
  const ids = idsOf(message, compiledIdentifiers(settings), notes)
  if (ids.userID === undefined && ids.customIDs === undefined) return rejected(noId, warnings)
  const draft = readFields(message, settings, notes)
  const user = userOf(ids, draft, customOf(message, notes), notes)
  const event: StatsigEvent = { eventName, time, user }
  if (draft.value !== undefined) event.value = draft.value
  const metadata = metadataOf(message, draft.callFields, notes)
  if (metadata !== undefined) event.metadata = metadata
  return { kind: 'mapped', event, warnings }
}

/** Per version of settings; a memory of what was compiled, not a state. */
const compiled = new WeakMap<ConnectionSettings, readonly IdentifierReader[]>()

function compiledIdentifiers(settings: ConnectionSettings): readonly IdentifierReader[] {
  let readers = compiled.get(settings)
  if (readers === undefined) {
    readers = identifierReaders(settings.identifiers)
    compiled.set(settings, readers)
  }
  return readers
}

const notAnObject: Rejection = {
  code: 'not_an_object',
  path: '',
  message: 'A message must be a JSON object.',
}
/** A line of an archive that is not JSON is kept as a text; a text that is JSON is kept in an array. */
const notJson: Rejection = {
  code: 'not_json',
  path: '',
  message: 'The line of the archive is not JSON.',
}
const unknownType: Rejection = {
  code: 'unknown_type',
  path: 'type',
  message: '`type` must be track, page, screen, group, alias or identify.',
}
const noId: Rejection = {
  code: 'no_id',
  path: 'userId',
  message: 'No usable id in `userId`, the mapped identifiers or `statsigCustomIDs`.',
}

function rejected(rejection: Rejection, warnings: Warning[]): Verdict<StatsigEvent> {
  const { code, path, message } = rejection
  return { kind: 'rejected', code, path, message, warnings }
}

function skipped(reason: SkipReason, warnings: Warning[]): Verdict<StatsigEvent> {
  return { kind: 'skipped', reason, warnings }
}
