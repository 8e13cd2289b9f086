/**
 * Reading JSON that strangers wrote. Own keys only: `constructor` or `toString` is a name like any other, and a
 * name that an object merely inherits is absent.
 */

/** A parsed JSON object whose shape nobody has promised. */
export type Json = Readonly<Record<string, unknown>>

export const emptyJson: Json = Object.freeze({})

/** Whether a value is a JSON object: neither null nor an array. */
export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Reads a value where an object is meant; absent, null and `[]` (PHP's empty map) count as `{}`. */
export function objectOr<T>(value: unknown, otherwise: T): Json | T {
  if (isObject(value)) return value
  if (value === undefined || value === null) return emptyJson
  return Array.isArray(value) && value.length === 0 ? emptyJson : otherwise
}

/** Reads an own key, whatever its name. */
export function own(object: Json, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined
}

/**
 * A reader of one key that is known beforehand. A plain read is several times cheaper than `Object.hasOwn` and says
 * the same for every name that `Object.prototype` lacks, so only the dozen others are asked for.
 */
export function ownReader(key: string): (object: Json) => unknown {
  return key in emptyJson ? (object) => own(object, key) : (object) => object[key]
}
