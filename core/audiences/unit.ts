/**
 * Which id of a message goes into an audience's list. A person says it once per audience, by the name of a field or of
 * a Statsig id type; a message is read for all the names that its connection could mean.
 */
import { isObject, own, type Json } from '../own-keys.ts'
import { idText } from '../segment-to-statsig/ids.ts'
import { openMessage, type Message } from '../segment-to-statsig/message.ts'
import { Notes } from '../segment-to-statsig/notes.ts'
import { pathReader, settingReader } from '../segment-to-statsig/read-path.ts'
import type { Receipt } from '../receipt.ts'
import type { Rejection } from '../outcome.ts'
import type { IdentifierMapping } from '../settings.ts'
import { isClean } from '../text.ts'

export const defaultUnit = 'userId'
/** Statsig's own limit is not known; ids are short, and a list of a million must fit a request. */
export const unitIdCharsMax = 1_000

const emailPaths = ['traits.email', 'context.traits.email', 'properties.email'].map(pathReader)

/**
 * The Statsig id type of a unit, or undefined where the connection does not know the unit. `userId`, `anonymousId`,
 * `email`, a mapped identifier's field, or its id type.
 */
export function idTypeOf(unit: string, identifiers: readonly IdentifierMapping[]): string | undefined {
  if (isUserId(unit)) return 'userID'
  const mapped = identifiers.findLast(({ from, to }) => from === unit || to === unit)
  if (mapped) return mapped.to
  return unit === 'anonymousId' || unit === 'email' ? 'userID' : undefined
}

/** The ids that a message has, by every name that a unit may have. Text as it came, but for white space around it. */
export function unitIdsOf(
  message: Message,
  identifiers: readonly IdentifierMapping[],
): Readonly<Record<string, string>> {
  const ids = new Map<string, string>()
  const set = (name: string, value: unknown): void => {
    const text = textOf(value)
    if (text !== undefined) ids.set(name, text)
  }
  set('userId', message.item.userId)
  set('anonymousId', message.item.anonymousId)
  set(
    'email',
    emailPaths.map((read) => read(message)).find((value) => textOf(value) !== undefined),
  )
  for (const { from, to } of identifiers) {
    const value = settingReader(from)(message)
    set(from, value)
    set(to, value)
  }
  return Object.fromEntries(ids)
}

/** An id under the name by which a unit finds it. */
export function idsOfUnit(unit: string, id: string): Readonly<Record<string, string>> {
  return { [isUserId(unit) ? 'userId' : unit]: id }
}

/** The id that a unit means among those of a message. */
export function unitIdIn(ids: Json, unit: string): string | undefined {
  const id = own(ids, isUserId(unit) ? 'userId' : unit)
  return typeof id === 'string' ? id : undefined
}

/** Why a text cannot be an id of a list; undefined where it can. */
export function unitIdFault(id: string): Omit<Rejection, 'path'> | undefined {
  if (/[\r\n\u2028\u2029]/.test(id)) return { code: 'id_line_break', message: 'The id has a line break.' }
  if (!isClean(id)) return { code: 'id_unclean', message: 'The id has NUL or half a character in it.' }
  if (id.length > unitIdCharsMax)
    return { code: 'id_too_long', message: `The id is longer than ${unitIdCharsMax} characters.` }
  return undefined
}

const isUserId = (unit: string): boolean => unit.toLowerCase() === 'userid'

/** Unlike `idText` it keeps NUL, so that the id is set aside and not quietly another one. */
function textOf(value: unknown): string | undefined {
  const text = typeof value === 'string' ? value : idText(value)
  const trimmed = text?.trim()
  return trimmed === '' ? undefined : trimmed
}

/** The message opened for reading ids; its parts of a wrong shape count as empty. */
export function openForIds(item: Json, receipt: Receipt, type: 'track' | 'identify'): Message {
  const opened = openMessage(item, receipt, type, new Notes(undefined))
  if (!('code' in opened)) return opened
  const properties = isObject(item.properties) ? item.properties : {}
  const traits = isObject(item.traits) ? item.traits : {}
  return { item, receipt, type, context: isObject(item.context) ? item.context : {}, properties, traits }
}
