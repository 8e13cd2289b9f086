/** What a lane looks like from outside: read by the control plane, by readiness and by the sweep. */
import type { LaneName } from '../core/lanes.ts'
import type { LaneState, LaneStatus } from '../core/ports.ts'
import type { Db } from './client.ts'

interface Row {
  laneId: number
  connectionId: string
  lane: LaneName
  state: LaneStatus
  reason: string | null
  paused: number
  pending: number
  oldestPendingAtMs: number | null
  touchedAtMs: number
}

/** The oldest pending entry is the one behind the cursor; its log row says in which request it came. */
const select = `
  SELECT lane.id AS laneId, lane.connection_id AS connectionId, lane.name AS lane, lane.state, lane.reason, lane.paused,
    lane.head - lane.cursor AS pending, lane.touched_at_ms AS touchedAtMs,
    (SELECT request.received_at_ms FROM lane_log log JOIN requests request ON request.id = log.request_id
      WHERE log.lane_id = lane.id AND log.last_seq > lane.cursor ORDER BY log.last_seq LIMIT 1) AS oldestPendingAtMs
  FROM lanes lane
  WHERE (instr(lane.name, ':') = 0 OR EXISTS (SELECT 1 FROM jobs WHERE lane_id = lane.id AND ended_at_ms IS NULL))`

/** Standing lanes, and those of jobs that have not ended. */
export function selectLanes({ sqlite }: Db, connectionId?: string): Row[] {
  return connectionId === undefined
    ? sqlite.prepare<[], Row>(`${select} ORDER BY lane.id`).all()
    : sqlite.prepare<[string], Row>(`${select} AND lane.connection_id = ? ORDER BY lane.id`).all(connectionId)
}

export function laneState(row: Row): LaneState {
  return {
    ...row,
    reason: row.reason ?? undefined,
    paused: row.paused === 1,
    oldestPendingAtMs: row.oldestPendingAtMs ?? undefined,
  }
}
