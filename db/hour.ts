/** The hour that a count belongs to. */

/** Hours since the epoch. */
export function hourOf(atMs: number): number {
  return Math.floor(atMs / 3_600_000)
}
