/**
 * The removal guard: an audience that is emptied by mistake, at once or one exit at a time, must not empty its list.
 * Zod-free.
 */

export const guardWindowMs = 24 * 3_600_000
const removalsAlways = 10
const shareMax = 0.2

export interface GuardInput {
  /** Members whose removal is due, erased ones not counted. */
  planned: number
  /** Removals sent in the window, those not counted that a person had approved. */
  sent: number
  /** What is on the list now. */
  applied: number
  /** The most that was on the list in the window. */
  appliedMax: number
  /** Due to be added first. */
  adds: number
  /** What is left of the last approval. */
  approved: number
}

export type GuardVerdict =
  { pass: true } | { pass: false; rule: 'too_many' | 'would_empty'; limit: number; message: string }

/** The greater of 10 and 20 % of the highest count, rounded down. */
export function removalLimit(appliedMax: number): number {
  return Math.max(removalsAlways, Math.floor(appliedMax * shareMax))
}

/** Whether the planned removals may go. What a person approved goes in any case, and no more than that. */
export function judgeRemovals(input: GuardInput): GuardVerdict {
  const { planned, sent, applied, adds, approved } = input
  const unapproved = planned - approved
  if (unapproved <= 0) return { pass: true }
  const appliedMax = Math.max(input.appliedMax, applied)
  const limit = removalLimit(appliedMax)
  if (applied + adds - planned <= 0 && appliedMax >= removalsAlways) {
    const message = `The ${planned} due removals would empty the list, which had ${appliedMax} members within 24 hours.`
    return { pass: false, rule: 'would_empty', limit, message }
  }
  if (sent + unapproved <= limit) return { pass: true }
  const before = sent === 0 ? '' : `${sent} were removed in the last 24 hours and `
  const message = `${before}${planned} more are due; without approval at most ${limit} go in 24 hours (the greater of 10 and 20 % of ${appliedMax}).`
  return { pass: false, rule: 'too_many', limit, message }
}
