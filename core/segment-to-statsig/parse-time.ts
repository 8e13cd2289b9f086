/**
 * Reads a time as Segment's senders spell it: ISO 8601 / RFC 3339 text, or an integer in seconds or milliseconds.
 * Written by hand, since `Date.parse` takes `2024-02-30` for March, a time without zone for local time, and much
 * else for something. Not read, on purpose: week and ordinal dates, years of more than four digits, digits as text.
 */

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Integers below it are seconds (up to the year 5138), others milliseconds (from March 1973 on). */
const SECONDS_BELOW = 1e11
/** The range of ECMAScript's Date, beyond which a number is no time at all. */
export const TIME_MAX_MS = 8.64e15

const DASH = 0x2d
const COLON = 0x3a

/** Epoch milliseconds, or NaN for what is not a time. Digits below the millisecond are cut off. */
export function parseTimeMs(value: unknown): number {
  if (typeof value === 'string') return parseIsoMs(value)
  if (typeof value !== 'number' || !Number.isInteger(value)) return NaN
  const atMs = Math.abs(value) < SECONDS_BELOW ? value * SECOND : value
  return Math.abs(atMs) <= TIME_MAX_MS ? atMs : NaN
}

/** `2024-01-02`, or a date with `T`, `t` or a space and a time of day; `20240102T030405Z` too. */
function parseIsoMs(text: string): number {
  const dash = text.charCodeAt(4) === DASH ? 1 : 0
  const year = digits(text, 0, 4)
  const month = digits(text, 4 + dash, 2)
  const day = digits(text, 6 + 2 * dash, 2)
  if (dash === 1 && text.charCodeAt(7) !== DASH) return NaN
  if (year < 0 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return NaN
  const dateMs = daysSinceEpoch(year, month, day) * DAY
  const end = 8 + 2 * dash
  if (end === text.length) return dash === 1 ? dateMs : NaN
  const separator = text.charCodeAt(end)
  if (separator !== 0x54 && separator !== 0x74 && separator !== 0x20) return NaN
  return dateMs + timeOfDayMs(text, end + 1, dateMs)
}

/** Hours and minutes, then perhaps seconds, a fraction and a zone; without a zone it is UTC. */
function timeOfDayMs(text: string, start: number, dateMs: number): number {
  const hour = digits(text, start, 2)
  let at = text.charCodeAt(start + 2) === COLON ? start + 3 : start + 2
  const minute = digits(text, at, 2)
  at += 2
  let second = 0
  let fractionMs = 0
  const hasColon = text.charCodeAt(at) === COLON
  if (hasColon || isDigit(text.charCodeAt(at))) {
    if (hasColon) at++
    second = digits(text, at, 2)
    at += 2
    const point = text.charCodeAt(at)
    if (point === 0x2e || point === 0x2c) {
      let scale = 100
      const first = ++at
      for (; isDigit(text.charCodeAt(at)); at++) {
        if (scale >= 1) fractionMs += (text.charCodeAt(at) - 0x30) * scale
        scale /= 10
      }
      if (at === first) return NaN
    }
  }
  if (hour < 0 || minute < 0 || minute > 59 || second < 0 || second > 60) return NaN
  // 24:00 is the end of its day in ISO 8601, and nothing of that hour comes after it.
  if (hour > 24 || (hour === 24 && (minute > 0 || second > 0 || fractionMs > 0))) return NaN
  const ofDayMs = hour * HOUR + minute * MINUTE + second * SECOND - zoneMs(text, at)
  // A leap second can only be the last second of a UTC day.
  if (second === 60 && (dateMs + ofDayMs) % DAY !== 0) return NaN
  return ofDayMs + fractionMs
}

/** The zone at the end of the text as its distance from UTC; NaN where the text goes on in some other way. */
function zoneMs(text: string, at: number): number {
  if (at === text.length) return 0
  const sign = text.charCodeAt(at)
  if (sign === 0x5a || sign === 0x7a) return at + 1 === text.length ? 0 : NaN
  if (sign !== 0x2b && sign !== DASH) return NaN
  const hours = digits(text, at + 1, 2)
  let minutes = 0
  let end = at + 3
  if (end < text.length) {
    if (text.charCodeAt(end) === COLON) end++
    minutes = digits(text, end, 2)
    end += 2
  }
  if (end !== text.length || hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return NaN
  return (sign === DASH ? -1 : 1) * (hours * HOUR + minutes * MINUTE)
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

/** The number in `count` digits at `at`, or -1 when one of them is no digit. */
function digits(text: string, at: number, count: number): number {
  let value = 0
  for (let index = at; index < at + count; index++) {
    const code = text.charCodeAt(index)
    if (!isDigit(code)) return -1
    value = value * 10 + code - 0x30
  }
  return value
}

function daysInMonth(year: number, month: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
}

/** Days of the proleptic Gregorian calendar, with years that begin in March so that the leap day comes last. */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}
