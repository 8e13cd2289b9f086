/**
 * Counts by the minute become counts by the hour when they are old, so that the table stays small. An hour's row is that
 * of its first minute; sums stay exact, since each step is one transaction.
 */
import type { RetentionStore } from '../core/retention-ports.ts'
import { immediate, type Db } from './client.ts'

export function createRollUpMinutes(db: Db): RetentionStore['rollUpMinutes'] {
  const { sqlite } = db
  const laneIds = sqlite.prepare<[], number>('SELECT id FROM lanes ORDER BY id').pluck()
  // Not the first hour of 1970: its row would be that of the totals.
  const next = sqlite
    .prepare<[number, number, number], number>(
      `SELECT minute FROM lane_counts WHERE lane_id = ? AND minute > ? AND minute < ? AND minute % 60 <> 0
       AND minute > 60 ORDER BY minute LIMIT 1`,
    )
    .pluck()
  const within = 'lane_id = @laneId AND minute > @hour AND minute < @hour + 60'
  const add = sqlite.prepare(`
    INSERT INTO lane_counts (lane_id, minute, sole, accepted, delivered, filtered, skipped, rejected)
    SELECT lane_id, @hour, sole, sum(accepted), sum(delivered), sum(filtered), sum(skipped), sum(rejected)
    FROM lane_counts WHERE ${within} GROUP BY sole
    ON CONFLICT DO UPDATE SET accepted = accepted + excluded.accepted, delivered = delivered + excluded.delivered,
      filtered = filtered + excluded.filtered, skipped = skipped + excluded.skipped, rejected = rejected + excluded.rejected`)
  const remove = sqlite.prepare(`DELETE FROM lane_counts WHERE ${within}`)

  return async function* (beforeMs) {
    // Whole hours only: a minute that is rolled up later finds its hour's row.
    const before = Math.floor(beforeMs / 3_600_000) * 60
    for (const laneId of laneIds.all()) {
      for (let at = 0; ;) {
        const minute = next.get(laneId, at, before)
        if (minute === undefined) break
        const hour = minute - (minute % 60)
        yield await immediate(db, () => {
          add.run({ laneId, hour })
          return remove.run({ laneId, hour }).changes
        })
        at = hour
      }
    }
  }
}
