/** Counts of a funnel and their sum: the store adds what is counted apart, the API adds lanes and minutes. */
import type { Totals } from './read-ports.ts'

/** What is counted; `pending` is a distance, not a count. */
export type Counts = Omit<Totals, 'pending'>

export const noCounts: Counts = { accepted: 0, delivered: 0, filtered: 0, skipped: 0, rejected: 0 }

export function addCounts(a: Counts, b: Counts): Counts {
  return {
    accepted: a.accepted + b.accepted,
    delivered: a.delivered + b.delivered,
    filtered: a.filtered + b.filtered,
    skipped: a.skipped + b.skipped,
    rejected: a.rejected + b.rejected,
  }
}
