/** What a dry run counts: a bounded tally of a window, by day, type and event. Pure. */
import type { Verdict } from './outcome.ts'

export interface Plan {
  /** Messages in the window and of what was asked for; garbage lines too. */
  total: number
  /** Of those, what would be sent: mapped, young enough, not delivered before. */
  deliverable: number
  delivered: number
  tooOld: number
  outsideWindow: number
  notSelected: number
  byDay: Record<string, number>
  byType: Record<string, number>
  byEvent: Record<string, number>
  /** Rule -> messages that it would drop. */
  filtered: Record<string, number>
  skipped: Record<string, number>
  rejected: Record<string, number>
  /** Oddities of the source, by kind. */
  notes: Record<string, number>
  estimateSeconds: number
}

/** Names a tally holds at most; the rest is counted together. */
const namesMax = 1_000
export const otherNames = '(others)'

export function emptyPlan(): Plan {
  return {
    ...{ total: 0, deliverable: 0, delivered: 0, tooOld: 0, outsideWindow: 0, notSelected: 0 },
    ...{ byDay: {}, byType: {}, byEvent: {}, filtered: {}, skipped: {}, rejected: {}, notes: {} },
    estimateSeconds: 0,
  }
}

/** Counts up a name, which may be any text: own keys only. */
export function tally(counts: Record<string, number>, name: string, by = 1): void {
  const isKnown = Object.hasOwn(counts, name)
  const key = isKnown || Object.keys(counts).length < namesMax ? name : otherNames
  const before = Object.hasOwn(counts, key) ? (counts[key] ?? 0) : 0
  Object.defineProperty(counts, key, {
    value: before + by,
    enumerable: true,
    writable: true,
    configurable: true,
  })
}

/** Adds one message to a plan. `wasDelivered`: an earlier entry holds its messageId. */
export function planMessage(
  plan: Plan,
  message: {
    day: string
    type: string | undefined
    event: string | undefined
    verdict: Verdict<unknown>
    wasDelivered: boolean
  },
): void {
  const { day, type, event, verdict, wasDelivered } = message
  plan.total += 1
  tally(plan.byDay, day)
  tally(plan.byType, type ?? '(none)')
  if (event !== undefined) tally(plan.byEvent, event)
  if (verdict.kind === 'filtered') tally(plan.filtered, verdict.rule)
  else if (verdict.kind === 'rejected') tally(plan.rejected, verdict.code)
  else if (verdict.kind === 'skipped') {
    if (verdict.reason === 'too_old') plan.tooOld += 1
    tally(plan.skipped, verdict.reason)
  } else if (wasDelivered) {
    plan.delivered += 1
    tally(plan.skipped, 'duplicate')
  } else plan.deliverable += 1
}

/** Events a second that a replay without a limit is counted with: what a small machine does. */
const perSecondAssumed = 10_000

export function estimateSeconds({ total }: Plan, rate: number | undefined): number {
  return Math.ceil(total / Math.min(rate ?? perSecondAssumed, perSecondAssumed))
}
