/**
 * Cuts out what looks like a secret before a value is shown or logged. Structure and names stay, so that a reader sees
 * that there was something. It errs on the side of cutting, but leaves what people search by: ids, times, counts.
 * Each pattern looks at a bounded stretch from each place, so that the cost grows with the length and no faster.
 */
import { isObject } from './own-keys.ts'

/** What stands in the place of a secret. */
export const REDACTED = '[redacted]'

/** As deep as anything is shown (core/shown-json.ts) and a little more; what lies deeper is cut out unseen. */
const LEVELS_MAX = 110

/** Names by their words: `apiKey`, `api_key` and `X-Api-Key` are all `api key`. */
const secretName =
  /(?:^| )(?:password|passwd|pwd|passphrase|passcode|secrets?|token|authorization|credentials?|cookies?|cvv|cvc|apikey|api keys?|private key|access key|secret key|signing key|server key|console key|client key|card number|cardnumber)(?: |$)/
/** The same where nothing follows: then a number is a secret too, while `token_count` is a count. */
const secretAtEnd = new RegExp(secretName.source.replace('(?: |$)', '$'))
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

type Replace = (match: string, ...groups: string[]) => string

const named =
  'password|passwd|pwd|passphrase|secret|token|authorization|api[_-]?key|(?:access|private|client)[_-]?(?:key|secret|token)'

/** What is cut out of texts, wherever it stands in them. In this order: a longer secret may hold a shorter one. */
const patterns: [RegExp, string | Replace][] = [
  [/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g, REDACTED],
  [
    /\b(bearer +)(?=[\w~+/=.-]{20}|[\w~+/=.-]{0,19}[\d~+/=.])[\w~+/=.-]{8,}/gi,
    (_, scheme = '') => `${scheme}${REDACTED}`,
  ],
  [
    /\b(basic +)(?=[A-Za-z\d+/]{0,60}[\d=+/])[A-Za-z\d+/]{8,}={0,2}/gi,
    (_, scheme = '') => `${scheme}${REDACTED}`,
  ],
  // A JSON Web Token (RFC 7519): its head begins with `{"`.
  [/\beyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*/g, REDACTED],
  // Statsig's keys. Words such as `client-side` and ids such as `client-4711` stay.
  [/\b(?:secret|console)-(?=[A-Za-z\d]{16}|[A-Za-z_]{0,15}\d)\w{6,}/g, REDACTED],
  [/\bclient-(?=[A-Za-z]{0,19}\d)[A-Za-z\d]{20,}/g, REDACTED],
  // Keys of Stripe, GitHub, Slack and AWS, by their published prefixes.
  [
    /\b(?:[sr]k_(?:live|test)_\w{10,}|gh[pousr]_\w{20,}|github_pat_\w{20,}|xox[abeprs]-[\w-]{10,}|A[KS]IA[A-Z\d]{16}\b)/g,
    REDACTED,
  ],
  // `name=value` and `"name": "value"`, as in query strings, forms and JSON within text.
  [
    new RegExp(
      `((?:^|[^A-Za-z])(?:${named})\\\\?["']? {0,3}[=:] {0,3}\\\\?)("[^"\\n]{1,4096}"?|'[^'\\n]{1,4096}'?|[^\\s&,;"'}\\]\\\\]{1,4096})`,
      'gi',
    ),
    (_, before = '', value = '') => `${before}${quoted(value)}`,
  ],
  [/(:\/\/[^\s:/@]{1,100}:)[^\s/@]{1,200}@/g, (_, before = '') => `${before}${REDACTED}@`],
  [
    /(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w]|\.\d)/g,
    (digits) => (isCardNumber(digits.replace(/[ -]/g, '')) ? REDACTED : digits),
  ],
]

/** An authorization's scheme was kept and its credentials are gone already: nothing is left to cut. */
function quoted(value: string): string {
  if (/^(?:bearer|basic)$/i.test(value)) return value
  const quote = /^["']/.exec(value)?.[0] ?? ''
  return value === REDACTED ? value : `${quote}${REDACTED}${quote}`
}

/** Lengths and first digits of the card networks, so that times and most ids are none (ISO/IEC 7812). */
const cardShape =
  /^(?:4(?:\d{12}|\d{15}|\d{18})|5\d{15}|2[2-7]\d{14}|3[47]\d{13}|3[0689]\d{12}|35\d{14}|6\d{15,18})$/

function isCardNumber(digits: string): boolean {
  if (!cardShape.test(digits)) return false
  let sum = 0
  for (let at = digits.length - 1, isDoubled = false; at >= 0; at -= 1, isDoubled = !isDoubled) {
    const digit = Number(digits[at])
    const value = isDoubled ? digit * 2 : digit
    sum += value > 9 ? value - 9 : value
  }
  return sum % 10 === 0
}

/** The text with every stretch that looks like a secret replaced by `[redacted]`. */
export function redactText(text: string): string {
  if (text.length < 8) return text
  let shown = text
  for (const [pattern, by] of patterns) shown = shown.replace(pattern, by as Replace)
  return shown
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
  if (typeof value === 'string') return under === 'free' ? redactText(value) : value === '' ? value : REDACTED
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
    Object.entries(value).map(([name, inner]) => [name, redactAt(inner, stricter(under, name), levels - 1)]),
  )
}

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
