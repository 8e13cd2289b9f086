/** Counts of attempts since the beginning, written with each attempt: attempts are purged, counters must not fall. */
import { attemptBoundsMs, type AttemptCounts } from '../core/explorer-ports.ts'
import type { Attempt } from '../core/ports.ts'
import type { Db } from './client.ts'

const columns = attemptBoundsMs.map((boundMs) => `within_${boundMs}`)

const statusOf = (status: number | undefined): string =>
  status === undefined ? 'none' : `${Math.floor(status / 100)}xx`

/** Counts one attempt in the caller's transaction. */
export function prepareCountAttempt({ sqlite }: Db): (laneId: number, attempt: Attempt) => void {
  const count = sqlite.prepare(`
    INSERT INTO attempt_counts (lane_id, status, attempts, duration_ms, ${columns.join()})
    VALUES (?, ?, 1, ?, ${columns.map(() => '?').join()})
    ON CONFLICT DO UPDATE SET attempts = attempts + 1, duration_ms = duration_ms + excluded.duration_ms,
      ${columns.map((column) => `${column} = ${column} + excluded.${column}`).join()}`)
  return (laneId, { status, durationMs }) => {
    const within = attemptBoundsMs.map((boundMs) => (durationMs <= boundMs ? 1 : 0))
    count.run(laneId, statusOf(status), Math.round(durationMs), ...within)
  }
}

/** Of all lanes, by the lane's number. */
export function prepareAttemptCounts({ sqlite }: Db): () => Map<number, AttemptCounts[]> {
  const all = sqlite.prepare<[], Record<string, number> & { status: string }>(
    `SELECT lane_id AS laneId, status, attempts, duration_ms AS durationMs, ${columns.join()} FROM attempt_counts`,
  )
  return () => {
    const lanes = new Map<number, AttemptCounts[]>()
    for (const row of all.all()) {
      const { laneId = 0, status, attempts = 0, durationMs = 0 } = row
      const counts = { status, attempts, durationMs, within: columns.map((column) => row[column] ?? 0) }
      lanes.set(laneId, [...(lanes.get(laneId) ?? []), counts])
    }
    return lanes
  }
}
