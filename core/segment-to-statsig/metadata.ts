/**
 * The properties of a call (of a group its traits) as Statsig's metadata: flat, text to text, within Statsig's size.
 *
 * Worked level by level, scalars before arrays before the insides of objects. So a shallow name is there before a
 * deeper one that collides with it, and when room runs out it is the nested and the bulky that stay behind.
 */
import { isObject, type Json } from '../own-keys.ts'
import { statsigLimits } from '../statsig.ts'
import { cleanText, jsonLength } from '../text.ts'
import type { Message } from './message.ts'
import { metadataName, type MetadataName } from './metadata-names.ts'
import type { Notes } from './notes.ts'
import { statsigKeys } from './pairs.ts'

/** An object still to be opened, with the name that its ancestors give to it. */
interface NestedObject {
  value: Json
  name: string
  path: string
}

/** An array still to be placed. */
interface NestedArray {
  value: readonly unknown[]
  name: MetadataName
  path: string
}

/** Fields of the call itself that go before its properties: `name`, `category`, … */
export type CallFields = Record<string, string>

/** Builds the metadata of a message; undefined where there is nothing to say. */
export function metadataOf(
  message: Message,
  callFields: CallFields | undefined,
  notes: Notes,
): Record<string, string> | undefined {
  const writer = new MetadataWriter(notes)
  if (callFields !== undefined)
    for (const key in callFields) writer.put(metadataName('', key), callFields[key] ?? '', key)
  let level: NestedObject[] = [{ value: message.properties, name: '', path: 'properties' }]
  if (message.type === 'group') level.push({ value: message.traits, name: '', path: 'traits' })
  let isTop = true
  while (level.length > 0) {
    level = placeLevel(level, isTop, writer)
    isTop = false
  }
  return writer.isEmpty ? undefined : writer.metadata
}

/** Places the scalars, then the arrays of one level, and hands back its objects: the next level. */
function placeLevel(level: readonly NestedObject[], isTop: boolean, writer: MetadataWriter): NestedObject[] {
  let arrays: NestedArray[] | undefined
  const objects: NestedObject[] = []
  for (const { value: bag, name: prefix, path } of level) {
    for (const key in bag) {
      const value = bag[key]
      if (value === null || value === undefined || (isTop && isStatsigKey(key))) continue
      const name = metadataName(prefix, key)
      if (typeof value === 'string') writer.put(name, value, path, key)
      else if (typeof value !== 'object') writer.putScalar(name, value, path, key)
      else if (Array.isArray(value)) (arrays ??= []).push({ value, name, path: `${path}.${key}` })
      else if (isObject(value)) objects.push({ value, name: name.text, path: `${path}.${key}` })
    }
  }
  if (arrays !== undefined)
    for (const { value, name, path } of arrays) writer.put(name, arrayText(value), path)
  return objects
}

function isStatsigKey(key: string): boolean {
  return key.charCodeAt(0) === 0x73 && (statsigKeys as readonly string[]).includes(key)
}

/** JSON text; where it had to escape something, once more with every text inside cleaned. */
function arrayText(value: readonly unknown[]): string {
  const json = JSON.stringify(value)
  if (!json.includes('\\u')) return json
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'string' ? cleanText(inner) : inner,
  )
}

/** Takes names and values in order of importance, for as long as they fit. */
class MetadataWriter {
  readonly metadata: Record<string, string> = {}
  isEmpty = true
  private readonly notes: Notes
  /**
   * Of `JSON.stringify(metadata)`: at first no more than a bound that is quick to keep, since no character becomes
   * more than six; the exact number from where the bound says that it might be too much.
   */
  private chars = '{}'.length
  private isExact = false

  constructor(notes: Notes) {
    this.notes = notes
  }

  /** `key` apart from `path` spares joining them for the many values that nobody needs the path of. */
  put({ text: name, isRepaired }: MetadataName, rawValue: string, path: string, key?: string): void {
    const value = cleanText(rawValue)
    if (isRepaired || value !== rawValue) {
      this.notes.warn(
        'text_repaired',
        joined(path, key),
        'NUL or half a surrogate pair was replaced by U+FFFD.',
      )
    }
    const taken = this.metadata[name]
    if (typeof taken === 'string') {
      if (taken !== value) this.leaveOut('metadata_collision', path, key, `\`${name}\` is taken already.`)
    } else if (name === '__proto__') {
      this.leaveOut('metadata_name_refused', path, key, 'Metadata may not be named `__proto__`.')
    } else if (!this.hasRoomFor(name, value)) {
      const message = `It does not fit into the ${statsigLimits.metadataCharsMax} characters that Statsig keeps.`
      this.leaveOut('metadata_cut', path, key, message)
    } else {
      this.metadata[name] = value
      this.isEmpty = false
      if (this.notes.trace !== undefined) this.notes.origin(`metadata.${name}`, joined(path, key))
    }
  }

  /** A number or a boolean. */
  putScalar(name: MetadataName, value: unknown, path: string, key: string): void {
    if (typeof value === 'number' && !(Math.abs(value) <= Number.MAX_SAFE_INTEGER)) {
      const message = 'The number is past 2^53, so it may differ from what was sent; send such as text.'
      this.notes.warn('number_not_exact', joined(path, key), message)
    }
    this.put(name, typeof value === 'number' || typeof value === 'boolean' ? String(value) : '', path, key)
  }

  private hasRoomFor(name: string, value: string): boolean {
    if (!this.isExact) {
      const bound = this.chars + 6 * (name.length + value.length) + '"":"",'.length
      if (bound <= statsigLimits.metadataCharsMax) {
        this.chars = bound
        return true
      }
      this.isExact = true
      this.chars = JSON.stringify(this.metadata).length
    }
    const comma = this.isEmpty ? 0 : 1
    const chars = this.chars + jsonLength(name) + 1 + jsonLength(value) + comma
    if (chars > statsigLimits.metadataCharsMax) return false
    this.chars = chars
    return true
  }

  private leaveOut(code: string, path: string, key: string | undefined, reason: string): void {
    this.notes.warn(code, joined(path, key), `${reason} This one was left out.`)
  }
}

function joined(path: string, key: string | undefined): string {
  return key === undefined ? path : `${path}.${key}`
}
