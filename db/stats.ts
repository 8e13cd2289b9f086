/** The funnel, read in one snapshot. */
import type { LaneStats, StatsStore, Totals } from '../core/ports.ts'
import type { Db } from './client.ts'
import { selectLanes } from './lane-state.ts'

type Counted = Omit<Totals, 'pending'>
interface CountRow extends Counted {
  laneId: number
  sole: number
  atMs: number
}

const sums =
  'sum(accepted) AS accepted, sum(delivered) AS delivered, sum(filtered) AS filtered, sum(skipped) AS skipped, sum(rejected) AS rejected'
const none: Counted = { accepted: 0, delivered: 0, filtered: 0, skipped: 0, rejected: 0 }

export function createStatsStore(db: Db): StatsStore {
  const { sqlite } = db
  const totals = sqlite.prepare<[string], CountRow>(`
    SELECT lane_id AS laneId, sole, ${sums} FROM lane_counts
    WHERE minute = 0 AND lane_id IN (SELECT id FROM lanes WHERE connection_id = ?) GROUP BY lane_id, sole`)
  // better-sqlite3 binds every number as a REAL: without the cast, the division would not round down.
  const series = sqlite.prepare<{ connectionId: string; since: number; step: number }, CountRow>(`
    SELECT lane_id AS laneId, minute / CAST(@step AS INTEGER) * @step * 60000 AS atMs, ${sums} FROM lane_counts
    WHERE minute >= @since AND minute > 0 AND lane_id IN (SELECT id FROM lanes WHERE connection_id = @connectionId)
    GROUP BY lane_id, atMs ORDER BY atMs`)

  const snapshot = sqlite.transaction((connectionId: string, since: number, step: number) => ({
    lanes: selectLanes(db, connectionId),
    counts: totals.all(connectionId),
    points: series.all({ connectionId, since, step }),
  }))

  return {
    async read(connectionId, { sinceMs, stepMs }) {
      const step = Math.max(1, Math.round(stepMs / 60_000))
      const { lanes, counts, points } = snapshot(connectionId, Math.floor(sinceMs / 60_000), step)
      return lanes.map(({ laneId, lane, pending, oldestPendingAtMs }): LaneStats => {
        const mine = counts.filter((row) => row.laneId === laneId)
        const sole = counted(mine.find((row) => row.sole === 1))
        const shared = counted(mine.find((row) => row.sole === 0))
        return {
          lane,
          totals: { ...add(sole, shared), pending },
          sole: { ...sole, pending: sole.accepted - ended(sole) },
          oldestPendingAtMs: oldestPendingAtMs ?? undefined,
          series: points
            .filter((row) => row.laneId === laneId)
            .map((row) => ({ atMs: row.atMs, ...counted(row) })),
        }
      })
    },
  }
}

const ended = ({ delivered, filtered, skipped, rejected }: Counted) =>
  delivered + filtered + skipped + rejected

function counted(row: Counted | undefined): Counted {
  const { accepted, delivered, filtered, skipped, rejected } = row ?? none
  return { accepted, delivered, filtered, skipped, rejected }
}

function add(a: Counted, b: Counted): Counted {
  return {
    accepted: a.accepted + b.accepted,
    delivered: a.delivered + b.delivered,
    filtered: a.filtered + b.filtered,
    skipped: a.skipped + b.skipped,
    rejected: a.rejected + b.rejected,
  }
}
