/**
 * The `where` of a rule: what a value in the message must be. A value that is absent or null counts as absent; of all
 * conditions only `!=` and `exists: false` are then met. Nothing is converted but text that is a number, where it is
 * compared with one.
 */
import type { Condition } from './rules.ts'

/** Whether the value that stands at the condition's path meets it. */
export function isMetBy(value: unknown, { op, value: wanted }: Condition): boolean {
  const isAbsent = value === undefined || value === null
  if (op === 'exists') return isAbsent === (wanted === false)
  if (op === '!=') return !isEqual(value, wanted)
  if (op === '=') return isEqual(value, wanted)
  if (isAbsent) return false
  if (op === 'contains') return contains(value, wanted)
  if (op === 'in') return Array.isArray(wanted) && wanted.some((one) => isEqual(value, one))
  return isOrdered(value, op, wanted)
}

/** Equal as JSON scalars; null is what is absent. Objects and arrays equal nothing. */
function isEqual(value: unknown, wanted: unknown): boolean {
  return (value ?? null) === (wanted ?? null)
}

/** Part of a text, or one of a list. */
function contains(value: unknown, wanted: unknown): boolean {
  if (typeof value === 'string') return value.includes(String(wanted))
  return Array.isArray(value) && value.some((one) => isEqual(one, wanted))
}

/** Numbers as numbers; two texts by their code units, in which ISO times of one zone stand in order. */
function isOrdered(value: unknown, op: '<' | '>', wanted: unknown): boolean {
  if (typeof value === 'string' && typeof wanted === 'string') {
    return op === '<' ? value < wanted : value > wanted
  }
  const [left, right] = [numberOf(value), numberOf(wanted)]
  return op === '<' ? left < right : left > right
}

/** NaN, which is neither less nor more than anything, for what is no number. */
function numberOf(value: unknown): number {
  if (typeof value === 'number') return value
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : NaN
}
