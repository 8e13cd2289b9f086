/** A message as it is shown: JSON of any depth is stored, but `JSON.stringify` and every reader behind it recurse. */
import { isObject } from './own-keys.ts'

/** Beyond what the mapping takes (64 levels), so that what it refused can be seen to be too deep. */
const LEVELS_MAX = 100

/** The same value, with a text in the place of what lies deeper than 100 levels. */
export function shownJson(value: unknown, levels = LEVELS_MAX): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (levels === 0) return `… (deeper than ${LEVELS_MAX} levels, left out here)`
  if (Array.isArray(value)) return value.map((element) => shownJson(element, levels - 1))
  if (!isObject(value)) return value
  // By entries, so that `__proto__` stays a name like any other.
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shownJson(inner, levels - 1)]))
}
