/** How large an audience was: by the hour, written as its runs end. It ends with the audience, and after 90 days. */
import type { Audience, AudienceStore } from '../core/audience-ports.ts'
import { sizesKeptMs } from '../core/audiences/limits.ts'
import { hourOf } from './hour.ts'
import type { Db } from './client.ts'

const hourMs = 3_600_000
/** A night brings a run to every audience, so that few are too old at a time. */
const purgedMax = 100

export function prepareSizes({ sqlite }: Db): {
  note: (audience: Audience, nowMs: number) => void
  read: AudienceStore['sizes']
} {
  const put = sqlite.prepare(`
    INSERT INTO audience_sizes (audience, hour, desired, applied)
    SELECT n, ?, desired, applied FROM audiences WHERE n = ?
    ON CONFLICT DO UPDATE SET desired = excluded.desired, applied = excluded.applied`)
  const purge = sqlite.prepare(`
    DELETE FROM audience_sizes WHERE audience = ? AND hour IN
      (SELECT hour FROM audience_sizes WHERE audience = ? AND hour < ? ORDER BY hour LIMIT ${purgedMax})`)
  const read = sqlite.prepare<[number, number], { hour: number; desired: number; applied: number }>(
    'SELECT hour, desired, applied FROM audience_sizes WHERE audience = ? AND hour >= ? ORDER BY hour',
  )
  return {
    /** Runs in the caller's transaction. */
    note({ n }, nowMs) {
      put.run(hourOf(nowMs), n)
      purge.run(n, n, hourOf(nowMs - sizesKeptMs))
    },
    read: async ({ n }, sinceMs) =>
      read.all(n, hourOf(sinceMs)).map(({ hour, ...size }) => ({ atMs: hour * hourMs, ...size })),
  }
}
