/**
 * Who did it. Three sources speak, each later one over the earlier:
 *
 * 1. `userId` is userID.
 * 2. The connection's mapped identifiers, in their order. One that finds nothing changes nothing; one that finds an id
 *    takes its place even over `userId` or an earlier mapping to the same type, because a person asked for it.
 * 3. The pairs in `statsigCustomIDs`. A pair named `userID` sets userID.
 *
 * Statsig reads the type `userid` in any case as the user's own id, so every spelling of it means userID here too.
 * `context.traits` and the like are no source of ids unless mapped. Any one id is enough; none is a rejection, which
 * the caller words. https://docs.statsig.com/integrations/data-connectors/segment
 */
import type { IdentifierMapping } from '../settings.ts'
import { statsigLimits } from '../statsig.ts'
import { idOrWarning, idText } from './ids.ts'
import type { Message } from './message.ts'
import type { Notes } from './notes.ts'
import { pairPath, pairsOf, type Pair } from './pairs.ts'
import { settingReader, type Reader } from './read-path.ts'

export interface Ids {
  userID: string | undefined
  customIDs: Record<string, string> | undefined
}

export interface IdentifierReader {
  readonly from: string
  readonly to: string
  readonly read: Reader
}

/** Compiles the mapped identifiers of a connection. */
export function identifierReaders(identifiers: readonly IdentifierMapping[]): readonly IdentifierReader[] {
  return identifiers.map(({ from, to }) => ({ from, to, read: settingReader(from) }))
}

/** The ids of a message, by the precedence above. */
export function idsOf(message: Message, mapped: readonly IdentifierReader[], notes: Notes): Ids {
  const ids: Ids = { userID: undefined, customIDs: undefined }
  setId(ids, 'userID', message.item.userId, 'userId', notes)
  for (const { from, to, read } of mapped) setId(ids, to, read(message), from, notes)
  for (const pair of pairsOf(message, 'statsigCustomIDs', notes)) {
    setId(ids, pair.name, pair.value, pair, notes)
  }
  return ids
}

function setId(ids: Ids, type: string, value: unknown, source: string | Pair, notes: Notes): void {
  if (value === undefined || value === null) return
  const id = idText(value)
  if (id === undefined || id !== value || id.length > statsigLimits.textCharsMax || type === '__proto__') {
    if (!isUsable(type, id, value, pathOf(source), notes)) return
  }
  if (id === undefined) return
  if (isUserId(type)) ids.userID = id
  else (ids.customIDs ??= {})[type] = id
  if (notes.trace !== undefined) {
    notes.origin(isUserId(type) ? 'user.userID' : `user.customIDs.${type}`, pathOf(source))
  }
}

function isUsable(type: string, id: string | undefined, value: unknown, path: string, notes: Notes): boolean {
  if (idOrWarning(value, path, notes) === undefined) return false
  if (type === '__proto__') {
    notes.warn('id_type_refused', path, 'An id type may not be named `__proto__`.')
    return false
  }
  if (id !== undefined && id.length > statsigLimits.textCharsMax) {
    notes.warn('id_long', path, `Statsig may trim ids of more than ${statsigLimits.textCharsMax} characters.`)
  }
  return true
}

function pathOf(source: string | Pair): string {
  return typeof source === 'string' ? source : pairPath(source)
}

function isUserId(type: string): boolean {
  return type === 'userID' || (type.length === 6 && type.toLowerCase() === 'userid')
}
