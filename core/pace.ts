/** How fast bulk work may go: its own rate, and less while live traffic waits. Pure; the drain measures and sleeps. */

/** A live lane whose oldest entry waits longer than this is in need of what bulk work uses. */
export const liveLagMsMax = 1_000
/** Bulk never stands still: a live lane may wait for a vendor that is down, which bulk work does not change. */
const shareMin = 1 / 16
/** The longest that a run's end is followed by rest for the sake of live lanes: by then they are looked at again. */
const yieldMsMax = 5_000

/**
 * The share of its full pace that bulk work takes next, looked at about once a second: half of what it was while a live
 * lane's lag exceeds a second, twice of it when it does not, from a sixteenth to all.
 */
export function nextShare(share: number, liveLagMs: number): number {
  return liveLagMs > liveLagMsMax ? Math.max(shareMin, share / 2) : Math.min(1, share * 2)
}

/**
 * Milliseconds to rest after a run that took `tookMs`, so that work is `share` of the time, and no more than `rate`
 * entries a second are offered. `rate` undefined: no limit.
 */
export function restMs(run: {
  entries: number
  tookMs: number
  share: number
  rate: number | undefined
}): number {
  const { entries, tookMs, share, rate } = run
  const yielded = Math.min(tookMs * (1 / share - 1), yieldMsMax)
  const limited = rate === undefined ? 0 : (entries / rate) * 1000 - tookMs
  return Math.max(0, yielded, limited)
}

/** Entries of a run: at most what the rate allows in half a second, so that a change is in force soon. */
export function runEntries(max: number, rate: number | undefined): number {
  return rate === undefined ? max : Math.max(1, Math.min(max, Math.floor(rate / 2)))
}

interface Mark {
  done: number
  atMs: number
  perSecond: number
}

/** A pace is measured over some seconds: shorter ones jump, longer ones lag. */
const measureMs = 3_000

/** The pace after `done` entries at `nowMs`, and the mark to measure on from. */
export function measure(mark: Mark, done: number, nowMs: number): Mark {
  const passedMs = nowMs - mark.atMs
  if (mark.atMs === 0) return { done, atMs: nowMs, perSecond: 0 }
  if (passedMs < measureMs) return mark
  return { done, atMs: nowMs, perSecond: Math.round(((done - mark.done) * 1000) / passedMs) }
}
