/**
 * Text that may reach a terminal. Names come from vendors and their users: a control character in one of them could
 * move the cursor, recolour the screen or fake a line. So only `Shown` is printed, and making one escapes what it is
 * made of; colours are kept apart and come back where the terminal takes them.
 */
import { styleText } from 'node:util'

declare const brand: unique symbol
export interface Shown {
  /** Without colours; its length is what it takes on the screen, wide characters aside. */
  readonly plain: string
  readonly styled: string
  readonly [brand]: true
}

type Value = Shown | string | number | boolean | null | undefined

/**
 * Control characters (C0, DEL, C1), line and paragraph separators, and those that turn the direction of text
 * (https://unicode.org/reports/tr9/#Directional_Formatting_Characters) or are invisible.
 */
const unsafe =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/gu
const halfSurrogates = /\p{Surrogate}/gu
const short: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

const codeOf = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/** The same text with each control or invisible character as an escape, on one line. */
export function visible(text: string): string {
  return text
    .replace(unsafe, (character) => short[character] ?? codeOf(character))
    .replace(halfSurrogates, '\ufffd')
}

/** As one word of a shell command that somebody may copy: what comes from a vendor is no part of the command. */
export const word = (text: string): string =>
  /^[\w.,:@%+=/-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`

/** JSON, valid as before, whose characters are all printed as they are: what JSON leaves raw is escaped too. */
export function jsonText(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, undefined, indent) as string | undefined
  return (text ?? 'null').replace(unsafe, (character) => (character === '\n' ? character : codeOf(character)))
}

const make = (plain: string, styled = plain): Shown => ({ plain, styled }) as Shown
const isShown = (value: Value): value is Shown => typeof value === 'object' && value !== null
const toShown = (value: Value): Shown => (isShown(value) ? value : make(visible(String(value ?? ''))))

/** A template whose values are escaped: shown`Lane ${name} is ${paint.bad(state)}`. */
export function shown(parts: TemplateStringsArray, ...values: Value[]): Shown {
  const all = parts.flatMap((part, index) => {
    const value = values[index]
    return index < values.length ? [make(part), toShown(value)] : [make(part)]
  })
  return join(all, '')
}

export function join(parts: readonly Shown[], between = '\n'): Shown {
  return make(parts.map(({ plain }) => plain).join(between), parts.map(({ styled }) => styled).join(between))
}

/** Many lines of JSON, a document for people. */
export function shownJson(value: unknown): Shown {
  return make(jsonText(value, 2))
}

/** Text of lines, such as a report: line breaks stay, everything else is escaped. */
export function shownLines(text: string): Shown {
  return make(
    text
      .split('\n')
      .map((line) => visible(line.replace(/\r$/, '')))
      .join('\n'),
  )
}

const widthOf = ({ plain }: Shown): number => Array.from(plain).length

/** With blanks up to a width. */
export function padded(text: Shown, width: number, side: 'left' | 'right' = 'left'): Shown {
  const blanks = ' '.repeat(Math.max(0, width - widthOf(text)))
  return side === 'left'
    ? make(text.plain + blanks, text.styled + blanks)
    : make(blanks + text.plain, blanks + text.styled)
}

/** Cut to a width, with a sign that it was; colours go with the cut. */
export function cut(text: Shown, width: number): Shown {
  if (widthOf(text) <= width) return text
  return make(
    `${Array.from(text.plain)
      .slice(0, Math.max(0, width - 1))
      .join('')}…`,
  )
}

type Style = Parameters<typeof styleText>[0]
const painter =
  (style: Style) =>
  (value: Value): Shown => {
    const { plain } = toShown(value)
    return make(plain, styleText(style, plain, { validateStream: false }))
  }

/** What a colour means, not which one it is. */
export const paint = {
  good: painter('green'),
  bad: painter('red'),
  odd: painter('yellow'),
  faint: painter('gray'),
  head: painter('bold'),
}

const byWord: Record<string, (value: Value) => Shown> = {
  ...{
    delivered: paint.good,
    active: paint.good,
    completed: paint.good,
    accepted: paint.good,
    in: paint.good,
  },
  ...{ rejected: paint.bad, failed: paint.bad, needs_attention: paint.bad, refused: paint.bad },
  ...{
    skipped: paint.odd,
    filtered: paint.odd,
    paused: paint.odd,
    cancelled: paint.odd,
    pending: paint.faint,
  },
}

/** An outcome, state or status, in the colour of its kind. */
export function painted(word: string): Shown {
  return (Object.hasOwn(byWord, word) ? byWord[word] : undefined)?.(word) ?? shown`${word}`
}
