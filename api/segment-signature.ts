/**
 * `X-Signature` and `X-Segment-Signature` of Segment's webhook destinations: HMAC-SHA1 in hex under the shared secret,
 * over what Segment's sender passes to `JSON.stringify` (github.com/segmentio/action-destinations: `webhook`,
 * `webhook-extensible`, `webhook-audiences`). The older header covers a batch's first element alone, the newer one all of
 * it; docs/decisions/0011 says what follows from it.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { isObject } from '../core/own-keys.ts'

/** How much of a body a signature proves: all of it, its first message, or nothing. */
export type Proven = 'all' | 'first' | 'nothing'

/**
 * What a signature proves, in whichever form Segment made it: over the whole body, the first element of an array, the
 * message inside a `{"json": …}` wrapping, or any of these without the extra fields that Webhook Audiences puts behind a
 * message's own. Each is tried on the exact bytes where it has any, then as JavaScript writes it, since a proxy on the way
 * may have laid the same JSON out anew. `parsed` is the body as JSON.
 */
export function provenBySegment(header: string, secret: string, body: Uint8Array, parsed: unknown): Proven {
  if (!/^[0-9a-f]{40}$/i.test(header)) return 'nothing'
  const claimed = Buffer.from(header, 'hex')
  for (const [proven, signed] of signedForms(body, parsed)) {
    if (signed === undefined) continue
    if (timingSafeEqual(createHmac('sha1', secret).update(signed).digest(), claimed)) return proven
  }
  return 'nothing'
}

type Form = [proven: Proven, signed: Uint8Array | string | undefined]

/** What may have been signed, the likeliest first; each is made only when those before it did not match. */
function* signedForms(body: Uint8Array, parsed: unknown): Generator<Form> {
  yield ['all', body]
  yield ['all', rewritten(parsed)]
  const first: unknown = Array.isArray(parsed) ? parsed[0] : parsed
  if (!isObject(first)) return
  const part = Array.isArray(parsed) && parsed.length > 1 ? 'first' : 'all'
  const element = objectIn(body, 0)
  yield [part, element]
  yield [part, rewritten(first)]
  if (isObject(first.json) && Object.keys(first).length === 1) {
    yield [part, wrappedIn(element)]
    yield [part, rewritten(first.json)]
  }
  yield* withoutExtras(parsed, first)
}

/** More fields than this are not put behind each message of an audience; a stranger's request is not to cost more. */
const extrasMax = 8
const extrasBytesMax = 4_000_000

/**
 * Webhook Audiences signs a message and sends it with the extra fields of its audience behind the message's own. What is
 * extra is not said, so the last fields are left out one by one. The extra ones themselves are never proven.
 */
function* withoutExtras(parsed: unknown, first: Record<string, unknown>): Generator<Form> {
  const names = Object.keys(first)
  let writtenBytes = 0
  for (let extras = 1; extras <= Math.min(extrasMax, names.length - 1); extras += 1) {
    const left = new Set(names.slice(-extras))
    const own = (one: unknown): unknown =>
      isObject(one) ? Object.fromEntries(Object.entries(one).filter(([name]) => !left.has(name))) : one
    const forms: Form[] = [['first', rewritten(own(first))]]
    if (Array.isArray(parsed) && parsed.length > 1) forms.push(['all', rewritten(parsed.map(own))])
    yield* forms
    for (const [, written] of forms) writtenBytes += written?.length ?? 0
    if (writtenBytes > extrasBytesMax) return
  }
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
