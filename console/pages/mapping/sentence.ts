/** A rule as a sentence that can be read aloud. */
import type { Condition, Rule } from './draft.ts'

const calls: Record<string, string> = {
  track: 'track calls',
  page: 'page calls',
  screen: 'screen calls',
  group: 'group calls',
  alias: 'alias calls',
  event: 'logged events',
  exposure: 'exposures',
  config_change: 'config changes',
}

export function sentenceOf(rule: Rule): string {
  const verb = rule.action === 'include' ? 'Let in' : 'Leave out'
  const share = rule.sample === undefined ? '' : ` ${Math.round(rule.sample * 1_000) / 10} % of users of`
  const where = rule.where?.length ? ` where ${rule.where.map(conditionOf).join(' and ')}` : ''
  return `${verb}${share} ${subjectOf(rule)}${where}`
}

function subjectOf({ type, event, match }: Rule): string {
  const kind = type === undefined ? undefined : (calls[type] ?? type)
  if (event === undefined) return kind === undefined ? 'everything' : `all ${kind}`
  const name = match === 'glob' ? `events like “${event}”` : `“${event}”`
  return kind === undefined ? name : `${kind} named ${match === 'glob' ? 'like ' : ''}“${event}”`
}

function conditionOf({ path, op, value }: Condition): string {
  const said = Array.isArray(value) ? value.map(said1).join(', ') : said1(value)
  switch (op) {
    case 'exists':
      return value === false ? `${path} is absent` : `${path} is present`
    case 'contains':
      return `${path} contains ${said}`
    case 'in':
      return `${path} is one of ${said}`
    case '=':
      return `${path} is ${said}`
    case '!=':
      return `${path} is not ${said}`
    case '<':
      return `${path} is less than ${said}`
    case '>':
      return `${path} is more than ${said}`
  }
}

const said1 = (value: unknown): string => (typeof value === 'string' ? `“${value}”` : JSON.stringify(value))
