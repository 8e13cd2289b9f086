/** Times as they are typed, and lengths of time as they are read. All in UTC: the same command means the same everywhere. */
import { InvalidArgumentError } from 'commander'

const unitsMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const
const asDate = /^\d{4}-\d\d-\d\d$/
const asTime = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?$/i
export const whenSays = '2026-01-31, 2026-01-31T12:00:00Z, or how long ago: 90m, 12h, 7d, now'

/**
 * A moment as ISO 8601: a date (its first instant), a time (UTC where it has no zone), `now`, or a length of time ago.
 * Throws commander's error, which becomes `usage`.
 */
export function parseWhen(text: string, nowMs: number): string {
  if (text === 'now') return new Date(nowMs).toISOString()
  const [, amount, unit] = /^(\d+)([smhdw])$/.exec(text) ?? []
  if (amount !== undefined) return iso(nowMs - Number(amount) * unitsMs[unit as keyof typeof unitsMs], text)
  if (asDate.test(text)) return iso(Date.parse(`${text}T00:00:00Z`), text)
  if (!asTime.test(text)) throw new InvalidArgumentError(`Give ${whenSays}.`)
  const spaced = text.replace(' ', 'T').replace(/([+-]\d\d)(\d\d)$/, '$1:$2')
  return iso(Date.parse(/(Z|[+-]\d\d:\d\d)$/i.test(spaced) ? spaced : `${spaced}Z`), text)
}

/** The same of an option that may be left out. */
export const parseWhenGiven = (text: string | undefined, nowMs: number): string | undefined =>
  text === undefined ? undefined : parseWhen(text, nowMs)

function iso(ms: number, text: string): string {
  const date = new Date(ms)
  // A day that does not exist, such as 31 February, is not the day after the last.
  const isReal = !Number.isNaN(ms) && ms >= 0 && (!/^\d{4}-/.test(text) || isSameDay(text))
  if (!isReal) throw new InvalidArgumentError(`There is no such time. Give ${whenSays}.`)
  return date.toISOString()
}

function isSameDay(text: string): boolean {
  const day = text.slice(0, 10)
  const date = new Date(`${day}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day)
}

/** A time without its zone and thousandths, for a table: `2026-01-31 12:00:00`. */
export const shortTime = (isoText: string): string => isoText.slice(0, 19).replace('T', ' ')

/** `4 s`, `3 min 20 s`, `5 h 12 min`, `2 d 3 h`: the two largest units. */
export function lengthOf(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const parts: [number, string][] = [
    ...([
      [Math.floor(whole / 86_400), 'd'],
      [Math.floor(whole / 3_600) % 24, 'h'],
    ] as [number, string][]),
    ...([
      [Math.floor(whole / 60) % 60, 'min'],
      [whole % 60, 's'],
    ] as [number, string][]),
  ]
  const first = parts.findIndex(([amount]) => amount > 0)
  if (first === -1) return '0 s'
  return parts
    .slice(first, first + 2)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount} ${unit}`)
    .join(' ')
}

/** 1,234,567. */
export const grouped = (count: number): string => count.toLocaleString('en-US')
