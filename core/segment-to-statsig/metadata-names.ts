/**
 * Names of metadata, made once. Joining, cleaning and interning the name of every property of every event was a fifth
 * of the mapping's time, and the same few hundred names come again and again.
 */
import { cleanText } from '../text.ts'

export interface MetadataName {
  /** As it is sent: joined by `_`, without dots (Statsig reads those as paths), NUL and half surrogates. */
  readonly text: string
  readonly isRepaired: boolean
}

/** Enough for the properties of a tracking plan; senders who make up names only empty it now and then. */
const KEPT_MAX = 4096
const KEPT_CHARS_MAX = 128

const kept = new Map<string, Map<string, MetadataName>>()
let keptCount = 0

/** The metadata name of a key below `prefix`, the name of its parent; '' at the top. */
export function metadataName(prefix: string, key: string): MetadataName {
  const known = kept.get(prefix)?.get(key)
  if (known !== undefined) return known
  const raw = (prefix === '' ? key : `${prefix}_${key}`).replaceAll('.', '_')
  const text = cleanText(raw)
  const name = { text, isRepaired: text !== raw }
  if (raw.length <= KEPT_CHARS_MAX) keep(prefix, key, name)
  return name
}

function keep(prefix: string, key: string, name: MetadataName): void {
  if (keptCount >= KEPT_MAX) {
    kept.clear()
    keptCount = 0
  }
  keptCount++
  const siblings = kept.get(prefix)
  if (siblings) siblings.set(key, name)
  else kept.set(prefix, new Map([[key, name]]))
}
