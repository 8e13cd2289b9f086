/** What counts as an id, for every id that the mapping reads. */
import { cleanText, isBlank } from '../text.ts'
import type { Notes } from './notes.ts'

/**
 * The id in a value: text as it is (nothing is trimmed, since Statsig compares it with what the app logs), or a finite
 * number that is exact, as text. Anything else counts as absent.
 */
export function idText(value: unknown): string | undefined {
  if (typeof value === 'string') return isBlank(value) ? undefined : cleanText(value)
  if (typeof value !== 'number' || !(Math.abs(value) <= Number.MAX_SAFE_INTEGER)) return undefined
  return String(value)
}

/** The same, with a warning where something stands there that does not count. */
export function idOrWarning(value: unknown, path: string, notes: Notes): string | undefined {
  const id = idText(value)
  if (id === undefined && value !== undefined && value !== null) {
    notes.warn(problemCode(value), path, `${problem(value)} and counts as absent.`)
  } else if (id !== value && typeof value === 'string') {
    notes.warn('text_repaired', path, 'NUL or half a surrogate pair was replaced by U+FFFD.')
  }
  return id
}

function problemCode(value: unknown): string {
  if (typeof value === 'string') return 'id_blank'
  return typeof value === 'number' ? 'id_not_exact' : 'id_not_text'
}

function problem(value: unknown): string {
  if (typeof value === 'string') return 'The id is blank'
  if (typeof value === 'number') return 'The number is past 2^53, so other ids share its value,'
  return `The id is ${Array.isArray(value) ? 'an array' : typeof value === 'object' ? 'an object' : 'a boolean'}`
}
