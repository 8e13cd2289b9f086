/**
 * What a message of Engage says of one person's membership. Known by `context.personas` alone
 * (https://segment.com/docs/engage/using-engage-data/), read here, folded into the ledger elsewhere.
 */
import { audienceOf } from '../audience-message.ts'
import { isObject, own, type Json } from '../own-keys.ts'
import type { Rejection, Verdict, Warning } from '../outcome.ts'
import type { Receipt } from '../receipt.ts'
import { correctedTimeMs, settleTime } from '../segment-to-statsig/time.ts'
import { isOptedOut } from '../segment-to-statsig/opt-out.ts'
import type { Message } from '../segment-to-statsig/message.ts'
import { Notes } from '../segment-to-statsig/notes.ts'
import { seenOf, type Seen } from '../segment-to-statsig/seen.ts'
import type { ConnectionSettings } from '../settings.ts'
import { listIdPattern } from './limits.ts'
import { nanosBelowMs, type Moment } from './moment.ts'
import { openForIds, unitIdsOf } from './unit.ts'

export interface Membership extends Moment {
  audience: string
  computationId: string
  isMember: boolean
  /** By every name that the audience's unit may have. */
  ids: Readonly<Record<string, string>>
}

/** Reads one message. Pure and total, like the mapping of events. */
export function readMembership(
  item: unknown,
  receipt: Receipt,
  settings: ConnectionSettings,
): { seen: Seen; verdict: Verdict<Membership> } {
  const notes = new Notes(undefined)
  const seen = seenOf(item, receipt, notes)
  return { seen, verdict: judge(item, receipt, settings, notes) }
}

function judge(
  item: unknown,
  receipt: Receipt,
  settings: ConnectionSettings,
  notes: Notes,
): Verdict<Membership> {
  const { warnings } = notes
  const audience = isObject(item) ? audienceOf(item, receipt.batch) : undefined
  const type = isObject(item) ? (receipt.callType ?? item.type) : undefined
  if (!isObject(item) || audience === undefined || (type !== 'track' && type !== 'identify'))
    return rejected(notAnAudience, warnings)
  const message = openForIds(item, receipt, type)
  if (audience.key.length > keyCharsMax) return rejected(keyTooLong, warnings)
  if (isOptedOut(message)) return { kind: 'filtered', rule: 'integrations', warnings }
  if (!settings.inbound.enabled) return { kind: 'skipped', reason: 'type_off', warnings }
  const isMember = membershipIn(message, audience.key, notes)
  if (typeof isMember !== 'boolean') return rejected(isMember, warnings)
  const atMs = settleTime(correctedTimeMs(item, receipt), message, notes)
  if (typeof atMs !== 'number') return rejected(atMs, warnings)
  const atNs = atMs === receipt.receivedAtMs ? 0 : nanosBelowMs(item.timestamp)
  const ids = unitIdsOf(message, settings.identifiers)
  const { externalId } = audience
  // Any other name than one that we could have given is not ours.
  const name = externalId !== undefined && listIdPattern.test(externalId) ? externalId : audience.key
  const event = { audience: name, computationId: audience.id, isMember, atMs, atNs, ids }
  return { kind: 'mapped', event, warnings }
}

/** Engage puts the boolean where its call's data is; old spaces put a track's into the traits. */
function membershipIn({ type, properties, traits }: Message, key: string, notes: Notes): boolean | Rejection {
  const places: [string, Json][] = [
    ['properties', properties],
    ['traits', traits],
  ]
  if (type === 'identify') places.reverse()
  for (const [name, place] of places) {
    const value = own(place, key)
    if (value === undefined) continue
    if (typeof value === 'boolean') return value
    if (value === 'true' || value === 'false') {
      notes.warn('membership_as_text', `${name}.${key}`, 'The text counts as the boolean that it spells.')
      return value === 'true'
    }
    return {
      code: 'membership_not_boolean',
      path: `${name}.${key}`,
      message: 'Only true and false say whether somebody is in an audience.',
    }
  }
  return {
    code: 'membership_missing',
    path: `${type === 'identify' ? 'traits' : 'properties'}.${key}`,
    message: 'The message names the audience and does not say whether the person is in it.',
  }
}

/** Far longer than any key of Engage's. */
const keyCharsMax = 255
const keyTooLong: Rejection = {
  code: 'audience_key_too_long',
  path: 'context.personas.computation_key',
  message: `The key of an audience has at most ${keyCharsMax} characters.`,
}
const notAnAudience: Rejection = {
  code: 'not_an_audience',
  path: 'context.personas',
  message: 'Not a track or identify of an audience or a journey step.',
}

function rejected({ code, path, message }: Rejection, warnings: Warning[]): Verdict<Membership> {
  return { kind: 'rejected', code, path, message, warnings }
}
