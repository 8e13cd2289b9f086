/** How deep a message nests. Asked before anything descends into it, so that nothing else needs a limit of its own. */
import type { Rejection } from '../outcome.ts'
import type { Json } from '../own-keys.ts'
import { cutText } from '../text.ts'

/** `properties` is the first level of a message; what lies deeper than the sixty-fourth is not mapped. */
const LEVELS_MAX = 64
/** A name may be as long as a body; what a rejection says of it is stored with the entry. */
const FIELD_CHARS_MAX = 100

/** Refuses a message that nests deeper than 64 levels, wherever it does. */
export function refuseDepth(item: Json): Rejection | undefined {
  if (!isDeeper(item, LEVELS_MAX)) return undefined
  const message = `The message nests deeper than ${LEVELS_MAX} levels.`
  return { code: 'too_deep', path: deepField(item), message }
}

function isDeeper(value: object, levels: number): boolean {
  if (levels < 0) return true
  if (Array.isArray(value)) {
    for (const element of value as readonly unknown[]) {
      if (typeof element === 'object' && element !== null && isDeeper(element, levels - 1)) return true
    }
    return false
  }
  for (const key in value) {
    const child = (value as Json)[key]
    if (typeof child === 'object' && child !== null && isDeeper(child, levels - 1)) return true
  }
  return false
}

/** The top-level field that goes too deep: a path of 64 names would tell nobody more. */
function deepField(item: Json): string {
  const deep = Object.keys(item).find((key) => {
    const child = item[key]
    return typeof child === 'object' && child !== null && isDeeper(child, LEVELS_MAX - 1)
  })
  return cutText(deep ?? '', FIELD_CHARS_MAX)
}
