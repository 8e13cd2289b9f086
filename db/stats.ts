/** The funnel, read in one snapshot. */
import type { LaneStats, StatsStore } from '../core/ports.ts'
import { addCounts, noCounts, type Counts } from '../core/totals.ts'
import type { Db } from './client.ts'
import { selectLanes } from './lane-state.ts'

interface CountRow extends Counts {
  laneId: number
  sole: number
  atMs: number
}

const sums =
  'sum(accepted) AS accepted, sum(delivered) AS delivered, sum(filtered) AS filtered, sum(skipped) AS skipped, sum(rejected) AS rejected'

export function createStatsStore(db: Db): StatsStore {
  const { sqlite } = db
  const totals = sqlite.prepare<[string], CountRow>(`
    SELECT lane_id AS laneId, sole, ${sums} FROM lane_counts
    WHERE minute = 0 AND lane_id IN (SELECT id FROM lanes WHERE connection_id = ?) GROUP BY lane_id, sole`)
  // better-sqlite3 binds every number as a REAL: without the cast, the division would not round down.
  const series = sqlite.prepare<{ connectionId: string; since: number; step: number }, CountRow>(`
    SELECT lane_id AS laneId, sole, minute / CAST(@step AS INTEGER) * @step * 60000 AS atMs, ${sums} FROM lane_counts
    WHERE minute >= @since AND minute > 0 AND lane_id IN (SELECT id FROM lanes WHERE connection_id = @connectionId)
    GROUP BY lane_id, sole, atMs ORDER BY atMs`)

  const snapshot = sqlite.transaction((connectionId: string, since: number, step: number) => ({
    lanes: selectLanes(db, connectionId).filter(({ lane }) => !lane.includes(':')),
    counts: totals.all(connectionId),
    points: series.all({ connectionId, since, step }),
  }))

  return {
    async read(connectionId, { sinceMs, stepMs }) {
      const step = Math.max(1, Math.round(stepMs / 60_000))
      // Whole steps: counts of older days are by the hour, and half an hour of them cannot be told.
      const since = Math.floor(sinceMs / 60_000)
      const { lanes, counts, points } = snapshot(connectionId, since, step)
      return lanes.map(({ laneId, lane, oldestPendingAtMs }): LaneStats => {
        const ofLane = points.filter((row) => row.laneId === laneId)
        const mine = counts.filter((row) => row.laneId === laneId)
        const sole = counted(mine.find((row) => row.sole === 1))
        const shared = counted(mine.find((row) => row.sole === 0))
        const totals = addCounts(sole, shared)
        return {
          lane,
          // Not the distance of head and cursor: what a redrive took is pending again, far behind the cursor.
          totals: { ...totals, pending: totals.accepted - ended(totals) },
          sole: { ...sole, pending: sole.accepted - ended(sole) },
          oldestPendingAtMs: oldestPendingAtMs ?? undefined,
          series: seriesOf(ofLane),
          soleSeries: seriesOf(ofLane.filter((row) => row.sole === 1)),
        }
      })
    },
  }
}

/** Points of one lane by time: those of messages that are in no other lane and of the others are counted apart. */
function seriesOf(rows: CountRow[]): LaneStats['series'] {
  const points = new Map<number, Counts>()
  for (const row of rows) points.set(row.atMs, addCounts(points.get(row.atMs) ?? noCounts, counted(row)))
  return [...points].sort(([a], [b]) => a - b).map(([atMs, counts]) => ({ atMs, ...counts }))
}

const ended = ({ delivered, filtered, skipped, rejected }: Counts) =>
  delivered + filtered + skipped + rejected

function counted(row: Counts | undefined): Counts {
  const { accepted, delivered, filtered, skipped, rejected } = row ?? noCounts
  return { accepted, delivered, filtered, skipped, rejected }
}
