/** When a membership was decided, to the precision that the sender gave. Zod-free. */

/** Epoch ms and, below it, nanoseconds 0 to 999,999: Engage writes up to nine digits of a second. */
export interface Moment {
  atMs: number
  atNs: number
}

/** Nanoseconds below the millisecond that a time's text gives; 0 for anything else. */
export function nanosBelowMs(stated: unknown): number {
  if (typeof stated !== 'string') return 0
  const digits = /[.,]\d{3}(\d{1,6})/.exec(stated)?.[1]
  return digits === undefined ? 0 : Number(digits.padEnd(6, '0'))
}

/** Below zero where `a` is earlier, above where it is later. */
export function compareMoments(a: Moment, b: Moment): number {
  return a.atMs - b.atMs || a.atNs - b.atNs
}
