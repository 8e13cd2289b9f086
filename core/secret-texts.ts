/**
 * What looks like a secret within a text: by its own shape, or by the name that stands before it. Each pattern looks at
 * a bounded stretch from each place, so that the cost grows with the length and no faster.
 */

/** What stands in the place of a secret. */
export const REDACTED = '[redacted]'

type Replace = (match: string, ...groups: string[]) => string
type Pattern = readonly [RegExp, string | Replace]

const afterWord = (_: string, word = ''): string => `${word}${REDACTED}`

/** Secrets by their own shape. In this order: a longer one may hold a shorter one. */
const shapes: readonly Pattern[] = [
  [/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g, REDACTED],
  // Headers, whatever their value looks like. The scheme stays.
  [/\b((?:set-)?cookie\\?["']? {0,3}[:=] {0,3}\\?["']?)[^\s"'\\][^"'\n\\]{0,4096}/gi, afterWord],
  [
    /\b(authorization\\?["']? {0,3}[:=] {0,3}\\?["']?(?:(?:basic|bearer|token|digest|negotiate|apikey) {1,3})?)(?!(?:basic|bearer)\b)[^\s"',;\\&]{1,4096}/gi,
    afterWord,
  ],
  [/\b(bearer +)(?=[\w~+/=.-]{20}|[\w~+/=.-]{0,19}[\d~+/=.])[\w~+/=.-]{8,}/gi, afterWord],
  [/\b(basic +)(?=[A-Za-z\d+/]{0,60}[\d=+/])[A-Za-z\d+/]{8,}={0,2}/gi, afterWord],
  // A JSON Web Token (RFC 7519): its head begins with `{"`.
  [/\beyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*/g, REDACTED],
  // Statsig's keys. Words such as `client-side` and ids such as `client-4711` stay.
  [/\b(?:secret|console)-(?=[A-Za-z\d]{16}|[A-Za-z_]{0,15}\d)\w{6,}/g, REDACTED],
  [/\bclient-(?=[A-Za-z]{0,19}\d)[A-Za-z\d]{20,}/g, REDACTED],
  // Of Stripe, Standard Webhooks, GitHub, GitLab, npm, Slack, AWS, Google, OpenAI and SendGrid, by their published prefixes.
  [
    /\b(?:[sr]k_(?:live|test)_\w{10,}|whsec_[\w+/=]{16,}|gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|npm_[A-Za-z\d]{30,}|xox[abeprs]-[\w-]{10,}|A[KS]IA[A-Z\d]{16}\b|AIza[\w-]{30,}|ya29\.[\w-]{16,}|sk-(?=[\w-]{0,40}\d)[\w-]{24,}|SG\.[\w-]{16,}\.[\w-]{16,})/g,
    REDACTED,
  ],
]

const words =
  'pass(?:word|wd|phrase|code)|pwd|secret|token|credential|jwt|(?:api|private|access|secret|signing|server|client|console|auth|refresh|session)[_-]?(?:key|secret|token)'
/** What may be part of a name behind its word, also where it is percent-encoded: `passwordHash`, `tokens`, `token[]`. */
const suffix = '([\\w.-]{0,30}(?:\\[[^\\]]{0,20}\\]|%5B[\\w%]{0,20}?%5D)?)'
const separator = '(\\\\*["\']? {0,3}(?:[=:]|%3D|%3A) {0,3})'
/** In quotes, whatever escapes them; a list or an object; or up to what ends a value of a form, a header or a query. */
const value =
  '(?:(\\\\*)(["\'])((?:(?!(?<!\\\\)\\4\\5)[^\\n]){0,4096})((?:\\4\\5)?)|([[{][^\\]}\\n]{0,4096}[\\]}]?)|([^\\s&,;"\'}\\]\\\\]{1,4096}))'

/** `name=value` and `"name": "value"`, as in query strings, forms, headers and JSON within text. */
const namedValue = new RegExp(`(${words})${suffix}${separator}${value}`, 'gi')

/** Whether a word begins where it was found: `userToken` and `%3Ftoken` have it, `mistoken` has not. */
function isWord(text: string, at: number, word: string): boolean {
  const before = text.charAt(at - 1)
  if (!/[A-Za-z]/.test(before) || /^passw/i.test(word)) return true
  if (/[a-z]/.test(before) && /[A-Z]/.test(text.charAt(at))) return true
  return /%[\dA-F]{2}$/i.test(text.slice(Math.max(0, at - 3), at))
}

/** Whether what follows a word leaves it one: `secretary` is another. */
const isSuffix = (rest: string): boolean => /^(?:s?|[A-Z_.-].*|s?(?:\[|%5B).*)$/.test(rest)

/** `token_count=12` and `tokens: 12` are counts. */
const isCount = (rest: string, bare: string): boolean => rest !== '' && /^\d{1,9}$/.test(bare)

function cutNamed(text: string): string {
  let [shown, from] = ['', 0]
  namedValue.lastIndex = 0
  for (let found = namedValue.exec(text); found; found = namedValue.exec(text)) {
    const [
      match,
      word = '',
      rest = '',
      between = '',
      escape = '',
      quote = '',
      quoted,
      closing,
      list,
      bare = '',
    ] = found as (string | undefined)[]
    if (!isWord(text, found.index, word) || !isSuffix(rest)) {
      // What was taken for its value may hold another one.
      namedValue.lastIndex = found.index + word.length
      continue
    }
    const isEmpty = quoted === '' || list?.startsWith(REDACTED) === true
    if (isEmpty || isCount(rest, quoted ?? bare)) continue
    const cut = quoted === undefined ? REDACTED : `${escape}${quote}${REDACTED}${closing}`
    shown += `${text.slice(from, found.index)}${word}${rest}${between}${cut}`
    from = found.index + (match ?? '').length
  }
  return from === 0 ? text : shown + text.slice(from)
}

const others: readonly Pattern[] = [
  // Signed addresses, and what stands for a user in one.
  [/([?&](?:sig|[\w-]{0,30}[Ss]ignature)=)[^\s&#"']{8,4096}/g, afterWord],
  [/(:\/\/[^\s:/@]{1,100}:)[^\s/@]{1,200}@/g, (_, before = '') => `${before}${REDACTED}@`],
  [/(:\/\/)(?=[^\s:/@]{0,100}\d)[^\s:/@]{12,200}@/g, (_, before = '') => `${before}${REDACTED}@`],
  [
    /(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w]|\.\d)/g,
    (digits) => (isCardNumber(digits.replace(/[ -]/g, '')) ? REDACTED : digits),
  ],
]

/** The text with every stretch that looks like a secret replaced by `[redacted]`. */
export const cutSecrets = (text: string): string =>
  text.length < 8 ? text : replaceAll(others, cutNamed(replaceAll(shapes, text)))

/** The same for a name or an id, where `Token: Created` is no secret: only what looks like one by itself is cut. */
export const cutShapes = (text: string): string =>
  text.length < 8 ? text : replaceAll(others, replaceAll(shapes, text))

const replaceAll = (patterns: readonly Pattern[], text: string): string =>
  patterns.reduce((shown, [pattern, by]) => shown.replace(pattern, by as Replace), text)

/** Lengths and first digits of the card networks, so that times and most ids are none (ISO/IEC 7812). */
const cardShape =
  /^(?:4(?:\d{12}|\d{15}|\d{18})|5\d{15}|2[2-7]\d{14}|3[47]\d{13}|3[0689]\d{12}|35\d{14}|6\d{15,18})$/

/** Whether digits have a card's length, beginning and check digit. */
export function isCardNumber(digits: string): boolean {
  if (!cardShape.test(digits)) return false
  let sum = 0
  for (let at = digits.length - 1, isDoubled = false; at >= 0; at -= 1, isDoubled = !isDoubled) {
    const digit = Number(digits[at])
    const value = isDoubled ? digit * 2 : digit
    sum += value > 9 ? value - 9 : value
  }
  return sum % 10 === 0
}
