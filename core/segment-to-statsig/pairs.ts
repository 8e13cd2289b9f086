/**
 * `statsigCustomIDs` and `statsigCustom`: flat arrays with names at the even and values at the odd places. One bad
 * pair is skipped with a warning and costs its neighbours nothing.
 */
import { ownReader, type Json } from '../own-keys.ts'
import type { StatsigCustomValue } from '../statsig.ts'
import { cleanText, isBlank } from '../text.ts'
import { idText } from './ids.ts'
import type { Message } from './message.ts'
import type { Notes } from './notes.ts'

/** The keys that steer the mapping; they never become metadata. */
export const statsigKeys = ['statsigCustomIDs', 'statsigCustom', 'statsigEnvironment'] as const

export interface Pair {
  name: string
  value: unknown
  /** Where the array is, and where in it the value: joined by `pairPath` when somebody asks. */
  root: string
  at: number
}

/** The path of a pair's value, as received. */
export function pairPath({ root, at }: Pair): string {
  return `${root}[${at}]`
}

const none: readonly Pair[] = []
const readers = {
  statsigCustomIDs: ownReader('statsigCustomIDs'),
  statsigCustom: ownReader('statsigCustom'),
}

/** What template strings and `String(value)` make of a value that was never there. */
const undefinedLike: ReadonlySet<string> = new Set(['undefined', 'null', 'NaN'])

/** The good pairs of a message in their order; of a group those of its `traits` first, so that `properties` win. */
export function pairsOf(message: Message, key: keyof typeof readers, notes: Notes): readonly Pair[] {
  const ofProperties = readPairs(message.properties, key, 'properties', notes)
  if (message.type !== 'group') return ofProperties
  return [...readPairs(message.traits, key, 'traits', notes), ...ofProperties]
}

function readPairs(bag: Json, key: keyof typeof readers, root: string, notes: Notes): readonly Pair[] {
  const flat = readers[key](bag)
  if (flat === undefined || flat === null) return none
  const path = `${root}.${key}`
  if (!Array.isArray(flat)) {
    notes.warn('pairs_not_array', path, 'Must be an array of names and values in turn; it was ignored.')
    return none
  }
  const pairs: Pair[] = []
  for (let at = 0; at < flat.length; at += 2) {
    const problem = problemOf(flat, at)
    if (problem !== undefined) notes.warn('pair_skipped', `${path}[${at}]`, problem)
    else pairs.push({ name: idText(flat[at]) ?? '', value: flat[at + 1], root: path, at: at + 1 })
  }
  return pairs
}

function problemOf(flat: readonly unknown[], at: number): string | undefined {
  const name = idText(flat[at])
  if (name === undefined || isUndefinedLike(name))
    return 'The name of this pair is missing, blank or not text.'
  if (name === '__proto__') return 'A pair may not be named `__proto__`.'
  if (at + 1 >= flat.length) return `The array ends before the value of \`${name}\`.`
  const value = flat[at + 1]
  const isMissing = value === null || value === undefined
  const isHollow = typeof value === 'string' && (isBlank(value) || isUndefinedLike(value))
  return isMissing || isHollow ? `The value of \`${name}\` is missing or blank.` : undefined
}

function isUndefinedLike(text: string): boolean {
  return text.length <= 9 && undefinedLike.has(text.trim())
}

/** A pair of `statsigCustom` with a value that Statsig has a type for. */
export interface CustomPair extends Pair {
  value: StatsigCustomValue
}

/**
 * The pairs of `statsigCustom` as Statsig's `custom` takes them: text, numbers, booleans and lists of text
 * (https://docs.statsig.com/sdks/user). Objects and mixed lists are skipped with a warning.
 */
export function customOf(message: Message, notes: Notes): readonly CustomPair[] {
  const custom: CustomPair[] = []
  for (const pair of pairsOf(message, 'statsigCustom', notes)) {
    const value = customValue(pair.value)
    if (value === undefined) {
      const reason = `The value of \`${pair.name}\` is neither text, number, boolean nor list of text.`
      notes.warn('pair_skipped', pairPath(pair), reason)
    } else {
      custom.push({ ...pair, value })
      if (notes.trace !== undefined) notes.origin(`user.custom.${pair.name}`, pairPath(pair))
    }
  }
  return custom
}

function customValue(value: unknown): StatsigCustomValue | undefined {
  if (typeof value === 'string') return cleanText(value)
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (!Array.isArray(value)) return undefined
  const isTextList = value.every((element) => typeof element === 'string')
  return isTextList ? value.map((element) => cleanText(element)) : undefined
}
