/**
 * `X-Signature` of Segment's webhook destinations: HMAC-SHA1 in hex under the shared secret, over what Segment's
 * sender passes to `JSON.stringify` (github.com/segmentio/action-destinations, `webhook` and `webhook-extensible`).
 * Of a batch that is its first element alone; docs/decisions/0011 says what follows from it.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { isObject } from '../core/own-keys.ts'

/**
 * Whether a body was signed with the secret, in any of the forms that Segment uses: the whole body, the first element
 * of an array, or the message inside a `{"json": …}` wrapping. Each is tried on the exact bytes, then as JavaScript
 * writes it, since a proxy on the way may have laid the same JSON out anew. `parsed` is the body as JSON.
 */
export function isSignedBySegment(
  header: string,
  secret: string,
  body: Uint8Array,
  parsed: unknown,
): boolean {
  if (!/^[0-9a-f]{40}$/i.test(header)) return false
  const claimed = Buffer.from(header, 'hex')
  for (const signed of signedForms(body, parsed)) {
    if (signed === undefined) continue
    if (timingSafeEqual(createHmac('sha1', secret).update(signed).digest(), claimed)) return true
  }
  return false
}

type Signed = Uint8Array | string | undefined

/** What may have been signed, the likeliest first; each is made only when those before it did not match. */
function* signedForms(body: Uint8Array, parsed: unknown): Generator<Signed> {
  yield body
  yield rewritten(parsed)
  const first: unknown = Array.isArray(parsed) ? parsed[0] : parsed
  if (!isObject(first)) return
  const element = objectIn(body, 0)
  yield element
  yield rewritten(first)
  if (!isObject(first.json) || Object.keys(first).length !== 1) return
  yield wrappedIn(element)
  yield rewritten(first.json)
}

/** JSON as Segment's sender, which is JavaScript, would have written it; undefined when it is too deep to be. */
function rewritten(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

const [quote, backslash, openBrace, closeBrace] = [0x22, 0x5c, 0x7b, 0x7d]

/**
 * The bytes of the first object that begins at or behind a place. The whole is known to be JSON, so braces outside
 * texts need only be counted; every byte of a longer UTF-8 character is above those that count.
 */
function objectIn(bytes: Uint8Array, from: number): Uint8Array {
  const start = bytes.indexOf(openBrace, from)
  let depth = 0
  for (let at = start; at < bytes.length; at += 1) {
    const byte = bytes[at]
    if (byte === quote) at = endOfText(bytes, at)
    else if (byte === openBrace) depth += 1
    else if (byte === closeBrace && --depth === 0) return bytes.subarray(start, at + 1)
  }
  return bytes.subarray(start)
}

function endOfText(bytes: Uint8Array, openingQuote: number): number {
  let at = openingQuote + 1
  while (at < bytes.length && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1
  return at
}

/**
 * The bytes of the message inside `{"json": …}`. Nothing else may stand in the wrapping: of a name that is there
 * twice the signature would cover the first, and JSON takes the last.
 */
function wrappedIn(element: Uint8Array): Uint8Array | undefined {
  const inner = objectIn(element, 1)
  const start = inner.byteOffset - element.byteOffset
  const around = [element.subarray(0, start), element.subarray(start + inner.length)]
  const [before = '', behind = ''] = around.map((bytes) => Buffer.from(bytes).toString('latin1'))
  return /^\{\s*"json"\s*:\s*$/.test(before) && /^\s*\}$/.test(behind) ? inner : undefined
}
