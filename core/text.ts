/**
 * Text as it may leave us: no NUL, no half of a surrogate pair, and its length as JSON known before it is JSON.
 * All loops over char codes: this runs on every character of every event.
 */

declare global {
  interface String {
    /** ES2024, in Node since 20; not yet in the `lib` that we compile against. */
    isWellFormed(): boolean
    toWellFormed(): string
  }
}

const REPLACEMENT = '\uFFFD'

/** Whether the code unit at `at` is a surrogate without its other half. */
function isHalf(text: string, at: number, code: number): boolean {
  if (code < 0xdc00) {
    const next = text.charCodeAt(at + 1)
    return !(next >= 0xdc00 && next <= 0xdfff)
  }
  const before = at === 0 ? 0 : text.charCodeAt(at - 1)
  return !(before >= 0xd800 && before <= 0xdbff)
}

/** Beyond this many characters the engine's own search is cheaper than a loop here. */
const LOOP_CHARS_MAX = 12

/** Whether a text holds neither NUL nor half a surrogate pair. */
export function isClean(text: string): boolean {
  if (text.length > LOOP_CHARS_MAX) return text.isWellFormed() && !text.includes('\0')
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0 || ((code & 0xf800) === 0xd800 && isHalf(text, at, code))) return false
  }
  return true
}

/** Replaces NUL and half surrogates by U+FFFD; the very same text where there are none. */
export function cleanText(text: string): string {
  return isClean(text) ? text : text.toWellFormed().replaceAll('\0', REPLACEMENT)
}

/** The length of `JSON.stringify(text)` of a clean text, which is at most six times the text's own. */
export function jsonLength(text: string): number {
  let length = text.length + 2
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x22 || code === 0x5c) length += 1
    else if (code < 0x20)
      length += code === 8 || code === 9 || code === 10 || code === 12 || code === 13 ? 1 : 5
  }
  return length
}

/** Whether a text holds nothing but white space; cheap for the usual text that begins with a letter. */
export function isBlank(text: string): boolean {
  const first = text.charCodeAt(0)
  return first > 0x20 && first < 0x7f ? false : text.trim() === ''
}

/** The first characters of a text, never half of one, for places with a bounded column. */
export function cutText(text: string, charsMax: number): string {
  if (text.length <= charsMax) return cleanText(text)
  const last = text.charCodeAt(charsMax - 1)
  return cleanText(text.slice(0, last >= 0xd800 && last <= 0xdbff ? charsMax - 1 : charsMax))
}

/** Bytes of a text in UTF-8, with each half surrogate counted as the three bytes of its replacement. */
export function utf8Length(text: string): number {
  let bytes = text.length
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code < 0x80) continue
    if (code < 0x800) bytes += 1
    else if (code >= 0xd800 && code <= 0xdfff && !isHalf(text, at, code)) bytes += 1
    else bytes += 2
  }
  return bytes
}
