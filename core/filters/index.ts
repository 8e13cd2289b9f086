/**
 * Which messages go on: the rules of one direction, compiled once for a version of settings and asked for each
 * message. Pure. Order and precedence, stated here once:
 *
 * 1. Rules are asked from the first to the last. A rule matches when all that it names does: `type`, `event` and every
 *    condition of `where`; one that names nothing matches everything.
 * 2. The first rule that matches decides, and no later one is asked. One with a `sample` that includes lets that share
 *    of unit ids through and filters the rest; one that excludes filters that share, and to the rest it does not match.
 * 3. Where no rule decides, `default` does.
 */
import type { FilterReason } from '../outcome.ts'
import { compileGlob } from './glob.ts'
import { isMetBy } from './conditions.ts'
import type { FilterRule, Filters } from './rules.ts'
import { sampleOf } from './sample.ts'

/** What the rules can ask of a message that is no path into it. */
export interface FilterSubject {
  type: string
  /** The source's own name, as the catalogue lists it: cut to its bound. A call without a name meets no `event`. */
  event: string | undefined
  /** What a sample is drawn by; asked for only where a rule has one. */
  unitId: () => string
}

export interface FilterVerdict {
  included: boolean
  /** `rule:<n>`, counted from 0 as in `rules[<n>]`, or `default`. */
  rule: FilterReason
}

export type Filter<M> = (message: M, subject: FilterSubject) => FilterVerdict

interface Compiled<M> {
  at: number
  /** Undefined where the rule does not match. */
  decide: (message: M, subject: FilterSubject) => FilterVerdict | undefined
}

/**
 * Compiles rules that their schema has passed. `readerOf` makes a reader of a dotted path into whatever the direction
 * calls a message.
 */
export function compileFilters<M>(
  filters: Filters,
  readerOf: (path: string) => (message: M) => unknown,
): Filter<M> {
  const otherwise: FilterVerdict = { included: filters.default === 'include', rule: 'default' }
  // A list that someone ticked has hundreds of exact names; only those of this event's name are looked at.
  const unnamed: Compiled<M>[] = []
  const byName = new Map<string, Compiled<M>[]>()
  filters.rules.forEach((rule, at) => {
    const compiled = { at, decide: compileRule(rule, at, readerOf) }
    if (rule.event === undefined || rule.match === 'glob') unnamed.push(compiled)
    else byName.set(rule.event, [...(byName.get(rule.event) ?? []), compiled])
  })
  return (message, subject) => {
    const named = subject.event === undefined ? undefined : byName.get(subject.event)
    return firstVerdict(named ?? none, unnamed, message, subject) ?? otherwise
  }
}

const none: readonly never[] = []

/** Asks two lists of rules, each in order, in the order that they have together. */
function firstVerdict<M>(
  left: readonly Compiled<M>[],
  right: readonly Compiled<M>[],
  message: M,
  subject: FilterSubject,
): FilterVerdict | undefined {
  for (let [l, r] = [0, 0]; l < left.length || r < right.length;) {
    const [ofLeft, ofRight] = [left[l], right[r]]
    const isLeft = ofLeft !== undefined && (ofRight === undefined || ofLeft.at < ofRight.at)
    const verdict = (isLeft ? ofLeft : ofRight)?.decide(message, subject)
    if (verdict !== undefined) return verdict
    if (isLeft) l += 1
    else r += 1
  }
  return undefined
}

function compileRule<M>(
  { action, type, event, match, where, sample }: FilterRule,
  at: number,
  readerOf: (path: string) => (message: M) => unknown,
): Compiled<M>['decide'] {
  const isMatch = match === 'glob' && event !== undefined ? compileGlob(event) : undefined
  const conditions = (where ?? []).map((condition) => ({ condition, read: readerOf(condition.path) }))
  const verdict: FilterVerdict = { included: action === 'include', rule: `rule:${at}` }
  const outside = action === 'include' ? { included: false, rule: verdict.rule } : undefined
  return (message, subject) => {
    if (type !== undefined && type !== subject.type) return undefined
    if (isMatch !== undefined && (subject.event === undefined || !isMatch(subject.event))) return undefined
    for (const { condition, read } of conditions) if (!isMetBy(read(message), condition)) return undefined
    return sample === undefined || sampleOf(subject.unitId()) < sample ? verdict : outside
  }
}
