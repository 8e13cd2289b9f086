/** The minute that a counter belongs to. */

/** Minutes since the epoch, but never 0 or less: that row holds the totals, and an archive may say 1970. */
export function minuteOf(atMs: number): number {
  return Math.max(1, Math.floor(atMs / 60_000))
}
