// JSON text that JSON.stringify cannot write: duplicate keys, `__proto__`, -0, 1e400, numbers past 2^53, deep nesting.

import fc from 'fast-check'

const shown = (text: string) =>
  text.length > 200 ? `${text.slice(0, 200)}… (${text.length} characters)` : text

/** A piece of JSON text, put in as it is. */
export class Raw {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
  [fc.toStringMethod] = (): string => shown(this.text)
}

/** A JSON object by its entries in order; a name may come twice. */
export class Bag {
  readonly entries: readonly (readonly [string, unknown])[]
  constructor(entries: readonly (readonly [string, unknown])[]) {
    this.entries = entries
  }
  [fc.toStringMethod] = (): string => shown(toWire(this))
}

/** The JSON text of a value that may hold `Raw` and `Bag`. */
export function toWire(value: unknown): string {
  if (value instanceof Raw) return value.text
  if (Array.isArray(value)) return `[${value.map(toWire).join(',')}]`
  if (value instanceof Bag)
    return `{${value.entries.map(([key, inner]) => `${JSON.stringify(key)}:${toWire(inner)}`).join(',')}}`
  return JSON.stringify(value ?? null)
}

/** `levels` objects in each other. */
export const deepObject = (levels: number): Raw => new Raw(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`)
/** `levels` arrays in each other. */
export const deepArray = (levels: number): Raw => new Raw('['.repeat(levels) + ']'.repeat(levels))
/** One object with `count` names. */
export const manyKeys = (count: number): Raw =>
  new Raw(`{${Array.from({ length: count }, (_, index) => `"k${index}":${index}`).join(',')}}`)
