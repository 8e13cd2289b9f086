/** What the metrics say of the lanes: read from the counters, so that it is right across processes and restarts. */
import type { MetricsStore } from '../core/explorer-ports.ts'
import { noCounts, type Counts } from '../core/totals.ts'
import { prepareAttemptCounts } from './attempt-counts.ts'
import type { Db } from './client.ts'
import { laneState, selectLanes } from './lane-state.ts'

export function createMetricsStore(db: Db): MetricsStore {
  const totals = db.sqlite.prepare<[], Counts & { laneId: number }>(`
    SELECT lane_id AS laneId, sum(accepted) AS accepted, sum(delivered) AS delivered, sum(filtered) AS filtered,
      sum(skipped) AS skipped, sum(rejected) AS rejected FROM lane_counts WHERE minute = 0 GROUP BY lane_id`)
  const attempts = prepareAttemptCounts(db)
  const snapshot = db.sqlite.transaction(() => {
    const counts = new Map(totals.all().map(({ laneId, ...rest }) => [laneId, rest]))
    const tried = attempts()
    return selectLanes(db).map((row) => ({
      ...laneState(row),
      counts: counts.get(row.laneId) ?? noCounts,
      attempts: tried.get(row.laneId) ?? [],
    }))
  })
  return { read: async () => snapshot() }
}
