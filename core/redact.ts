/**
 * Cuts out what looks like a secret before a value is shown or logged. Structure and names stay, so that a reader sees
 * that there was something. It errs on the side of cutting, but leaves what people search by: ids, times, counts.
 * What is looked for in texts stands in core/secret-texts.ts.
 */
import { isObject } from './own-keys.ts'
import { cutSecrets, cutShapes, isCardNumber, REDACTED } from './secret-texts.ts'

export { cutShapes as redactName, REDACTED } from './secret-texts.ts'

/** As deep as anything is shown (core/shown-json.ts) and a little more; what lies deeper is cut out unseen. */
const LEVELS_MAX = 110

/** Names by their words: `apiKey`, `api_key` and `X-Api-Key` are all `api key`. */
const names =
  'pass ?word|passwd|pwd|passphrase|passcode|secrets?|token|jwt|bearer|otp|authorization|credentials?|cookies?|cvv|cvc|apikey|api keys?|(?:private|access|secret|signing|encryption|master|ssh|server|console|client) key|card number|cardnumber'
/** Of these only texts are secret: `tokens` may be a count, as may `token_count`. */
const secretName = new RegExp(`(?:^| )(?:${names}|tokens|pass ?words|signature)(?: |$)|^(?:pass|auth)$`)
/** Where nothing follows, a number is a secret too. */
const secretAtEnd = new RegExp(`(?:^| )(?:${names})$`)
/** What stands under these is a name or an id, which people know a message by: `Token: Created` is an event. */
const nameKeys: ReadonlySet<string> = new Set(['event', 'eventName', 'name', 'messageId', 'userId', 'userID'])
/** Longer names are data, not names. */
const nameCharsMax = 200

function wordsOf(name: string): string {
  return name
    .slice(0, nameCharsMax)
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/[^A-Za-z\d]+/g, ' ')
    .trim()
    .toLowerCase()
}

/** The text with every stretch that looks like a secret replaced by `[redacted]`; JSON in it is cut as JSON. */
export function redactText(text: string): string {
  return redactTextAt(text, LEVELS_MAX)
}

/**
 * The same JSON value, with `[redacted]` in the place of what looks like a secret: values under names such as `password`
 * (all the texts and numbers below them), and secrets within texts wherever they stand. Null and booleans stay;
 * so does what is no plain value (an Error, a Buffer): whoever serialises that redacts the result.
 */
export function redact(value: unknown): unknown {
  return redactAt(value, 'free', LEVELS_MAX)
}

/** What the names above say of a value: nothing, that texts are secret, or that texts and numbers are. */
type Under = 'free' | 'texts' | 'all'

function redactAt(value: unknown, under: Under, levels: number): unknown {
  if (typeof value === 'string')
    return under === 'free' ? redactTextAt(value, levels) : value === '' ? value : REDACTED
  if (typeof value === 'number') {
    const isSecret = under === 'all' || (value > 1e12 && isCardNumber(String(value)))
    return isSecret ? REDACTED : value
  }
  if (typeof value !== 'object' || value === null) return value
  if (levels === 0) return REDACTED
  if (Array.isArray(value)) return value.map((element) => redactAt(element, under, levels - 1))
  if (!isPlain(value)) return value
  // By entries, so that `__proto__` stays a name like any other.
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const isName = under === 'free' && typeof inner === 'string' && nameKeys.has(name)
      return [name, isName ? cutShapes(inner) : redactAt(inner, stricter(under, name), levels - 1)]
    }),
  )
}

/** A text that is JSON is judged by its names and written anew where something was cut; else it stays to the letter. */
function redactTextAt(text: string, levels: number): string {
  const parsed = levels > 0 ? parseObject(text) : undefined
  if (parsed === undefined) return cutSecrets(text)
  const shown = JSON.stringify(redactAt(parsed, 'free', levels - 1))
  return countOf(shown) > countOf(text) ? shown : text
}

function parseObject(text: string): object | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined
  try {
    return JSON.parse(text) as object
  } catch {
    return undefined
  }
}

const countOf = (text: string): number => text.split(REDACTED).length

function stricter(under: Under, name: string): Under {
  if (under === 'all' || name.length < 3) return under
  const words = wordsOf(name)
  if (secretAtEnd.test(words)) return 'all'
  return secretName.test(words) ? 'texts' : under
}

function isPlain(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value)
  return isObject(value) && (prototype === Object.prototype || prototype === null)
}
