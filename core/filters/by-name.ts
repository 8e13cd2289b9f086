/** What filters say of an event by its name and type alone: what the catalogue shows beside each name. */
import { compileGlob } from './glob.ts'
import type { FilterRule, Filters } from './rules.ts'

export interface NameVerdict {
  /** What happens to a message that meets none of the conditions that rules ask for. */
  included: boolean
  /** `rule:<n>` or `default`. */
  rule: string
  /** Whether a rule asks for more than the name: a condition on the message, or a sample. */
  depends: boolean
}

/** Compiles filters into a judge of names; the order of rules is that of core/filters/index.ts. */
export function compileNameFilter(
  filters: Filters,
): (name: { type: string | undefined; event: string | undefined }) => NameVerdict {
  const rules = filters.rules.map((rule) => ({ rule, fits: nameTest(rule) }))
  const otherwise = { included: filters.default === 'include', rule: 'default' }
  return ({ type, event }) => {
    let depends = false
    for (const [at, { rule, fits }] of rules.entries()) {
      if ((rule.type !== undefined && rule.type !== type) || !fits(event)) continue
      const decision = decisionOf(rule)
      if (decision !== undefined)
        return { included: decision, rule: `rule:${at}`, depends: depends || isSampled(rule) }
      // A sample of none excludes nothing; one that includes filters all that meet its conditions.
      if (rule.sample !== 0 || rule.action === 'include') depends = true
    }
    return { ...otherwise, depends }
  }
}

function nameTest({ event, match }: FilterRule): (name: string | undefined) => boolean {
  if (event === undefined) return () => true
  if (match !== 'glob') return (name) => name === event
  const matches = compileGlob(event)
  return (name) => name !== undefined && matches(name)
}

const isSampled = ({ sample = 1 }: FilterRule) => sample > 0 && sample < 1

/** What a rule decides of every message of the name; undefined where it may leave some to the rules below. */
function decisionOf({ action, where = [], sample = 1 }: FilterRule): boolean | undefined {
  if (where.length > 0) return undefined
  if (action === 'include') return sample > 0
  return sample === 1 ? false : undefined
}
