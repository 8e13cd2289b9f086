/** Filters while they are being edited: what a tick does to the rules, and what the rules say of a name. Pure. */

export interface Condition {
  path: string
  op: '=' | '!=' | 'exists' | 'contains' | 'in' | '<' | '>'
  value?: unknown
}

export interface Rule {
  action: 'include' | 'exclude'
  type?: string
  event?: string
  match?: 'exact' | 'glob'
  where?: Condition[]
  sample?: number
}

export interface Filters {
  default: 'include' | 'exclude'
  rules: Rule[]
  exposures?: boolean
  configChanges?: boolean
  firstExposureOnly?: boolean
}

export type Direction = 'inbound' | 'outbound'

/** A rule that a tick made: one name, whatever the message holds. */
export const isTick = (rule: Rule): boolean =>
  rule.event !== undefined &&
  rule.match !== 'glob' &&
  !rule.where?.length &&
  rule.sample === undefined &&
  rule.type === undefined

export type Verdict = 'in' | 'out' | 'depends'

/** What the draft says of a name. `saved` is the API's word on it under `before`, for rules that only the API can judge. */
export function verdictOf(
  draft: Filters,
  before: Filters,
  event: string,
  saved: { included: boolean; depends: boolean },
): Verdict {
  const tick = draft.rules.find((rule) => isTick(rule) && rule.event === event)
  const at = tick ? draft.rules.indexOf(tick) : draft.rules.length
  const isPlain = draft.rules.slice(0, at).every(isTick)
  if (isPlain) return (tick?.action ?? draft.default) === 'include' ? 'in' : 'out'
  const isAsSaved = JSON.stringify(draft) === JSON.stringify(before)
  if (!isAsSaved || saved.depends) return 'depends'
  return saved.included ? 'in' : 'out'
}

/** The rules with the name let in or kept out; a rule is made only where the rest would decide otherwise. */
export function tick(draft: Filters, event: string, isIn: boolean): Filters {
  const action = isIn ? ('include' as const) : ('exclude' as const)
  const rules = draft.rules.filter((rule) => !(isTick(rule) && rule.event === event))
  const isNeeded = !rules.every(isTick) || draft.default !== action
  return { ...draft, rules: isNeeded ? [{ action, event }, ...rules] : rules }
}

export function move(rules: Rule[], from: number, by: number): Rule[] {
  const to = from + by
  const rule = rules[from]
  if (rule === undefined || to < 0 || to >= rules.length) return rules
  const without = rules.toSpliced(from, 1)
  return without.toSpliced(to, 0, rule)
}

export const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)
