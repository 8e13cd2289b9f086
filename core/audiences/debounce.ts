/** When a sync begins after a change: 2 s after the last one, 15 s after the first at most. Zod-free. */

export const quietMs = 2_000
const patienceMs = 15_000
/** Whoever tells of changes tells at most once in this time; what came last may not have been told. */
export const toldEveryMs = 1_000

/** How long to wait yet. */
export function waitMs({ firstMs, lastMs }: { firstMs: number; lastMs: number }, nowMs: number): number {
  return Math.max(0, Math.min(lastMs + quietMs, firstMs + patienceMs) - nowMs)
}
