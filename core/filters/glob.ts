/**
 * Globs over event names, which are no file paths: a `/` or a leading dot is a character like any other. `*` is any
 * run of characters, `?` one, `[a-z]` and `[!a-z]` one of a set, `{a,b}` one of several texts, `\` takes the next one
 * as it is. Matching goes back to the last `*` only, so its cost is at most the pattern's length times the name's:
 * a regular expression made of a pattern with many stars would hold up the lane (decision 0019).
 */

export const globCharsMax = 256
/** `{a,b}{c,d}` is four patterns; each is tried on its own. */
const alternativesMax = 64

/** One step of a pattern: a code point as it is, any one, any run, or one of a set. */
type Step = number | 'one' | 'any' | CodeSet
interface CodeSet {
  readonly ranges: readonly (readonly [from: number, to: number])[]
  readonly isNegated: boolean
}

/** Why a pattern is none. `at` is the character that it fails at, counted from 0. */
export class GlobError extends Error {
  readonly at: number
  constructor(message: string, at: number) {
    super(`${message} (character ${at})`)
    this.name = 'GlobError'
    this.at = at
  }
}

/** Compiles a pattern into a test of names. Case matters. Throws `GlobError`. */
export function compileGlob(pattern: string): (name: string) => boolean {
  if (pattern.length > globCharsMax) {
    throw new GlobError(`A pattern has at most ${globCharsMax} characters`, globCharsMax)
  }
  const alternatives = new Parser(pattern).parse()
  return (name) => alternatives.some((steps) => matches(steps, name))
}

function matches(steps: readonly Step[], name: string): boolean {
  let [step, at] = [0, 0]
  // Where the last `*` stands, and where what comes after it was last tried.
  let [star, resumeAt] = [-1, 0]
  while (at < name.length) {
    const wanted = steps[step]
    const code = name.codePointAt(at) ?? 0
    if (wanted === 'any') {
      star = step
      step += 1
      resumeAt = at
    } else if (wanted !== undefined && isMet(wanted, code)) {
      step += 1
      at += width(code)
    } else if (star >= 0) {
      step = star + 1
      resumeAt += width(name.codePointAt(resumeAt) ?? 0)
      at = resumeAt
    } else return false
  }
  while (steps[step] === 'any') step += 1
  return step === steps.length
}

const width = (code: number) => (code > 0xffff ? 2 : 1)

function isMet(step: Exclude<Step, 'any'>, code: number): boolean {
  if (typeof step === 'number') return step === code
  if (step === 'one') return true
  return step.ranges.some(([from, to]) => code >= from && code <= to) !== step.isNegated
}

class Parser {
  private at = 0
  private readonly pattern: string

  constructor(pattern: string) {
    this.pattern = pattern
  }

  parse(): Step[][] {
    let done: Step[][] = [[]]
    while (this.at < this.pattern.length) {
      const start = this.at
      const next = this.pattern[start] === '{' ? this.braces() : [[this.step()]]
      if (done.length * next.length > alternativesMax) {
        throw new GlobError(`Braces may make at most ${alternativesMax} patterns`, start)
      }
      done = done.flatMap((before) => next.map((after) => [...before, ...after]))
    }
    return done
  }

  private step(): Step {
    const character = this.pattern[this.at]
    if (character === '*' || character === '?') {
      this.at += 1
      return character === '*' ? 'any' : 'one'
    }
    if (character === '[') return this.set()
    if (character === '}')
      throw new GlobError('No `{` opens this `}`; write `\\}` for the character', this.at)
    return this.literal()
  }

  /** One character as it is, or the one after a backslash. */
  private literal(): number {
    const start = this.at
    if (this.pattern[start] === '\\') this.at += 1
    const code = this.pattern.codePointAt(this.at)
    if (code === undefined) throw new GlobError('A `\\` at the end escapes nothing', start)
    this.at += width(code)
    return code
  }

  private set(): CodeSet {
    const start = this.at
    this.at += 1
    const isNegated = this.pattern[this.at] === '!' || this.pattern[this.at] === '^'
    if (isNegated) this.at += 1
    const ranges: [number, number][] = []
    while (this.pattern[this.at] !== ']') {
      if (this.at >= this.pattern.length) throw new GlobError('This `[` is never closed', start)
      ranges.push(this.range())
    }
    if (ranges.length === 0) throw new GlobError('An empty set matches nothing', start)
    this.at += 1
    return { ranges, isNegated }
  }

  private range(): [number, number] {
    const start = this.at
    const from = this.literal()
    const isRange = this.pattern[this.at] === '-' && !/^-(\]|$)/.test(this.pattern.slice(this.at))
    if (!isRange) return [from, from]
    this.at += 1
    const to = this.literal()
    if (to < from) throw new GlobError('The range runs backwards', start)
    return [from, to]
  }

  private braces(): Step[][] {
    const start = this.at
    this.at += 1
    const texts: Step[][] = []
    let current: Step[] = []
    for (;;) {
      const character = this.pattern[this.at]
      if (character === undefined) throw new GlobError('This `{` is never closed', start)
      if (character === '{') throw new GlobError('Braces do not nest', this.at)
      if (character === ',' || character === '}') {
        texts.push(current)
        current = []
        this.at += 1
        if (character === '}') return texts
      } else current.push(this.step())
    }
  }
}
