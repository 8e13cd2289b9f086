/**
 * One look into one lane, newest first: the backlog, then what was ended. A look is bounded, so that a search for
 * what is not there costs milliseconds and not the event loop; it says how far down it came.
 */
import type { Entry, MessageQuery } from '../core/ports.ts'
import type { Budget } from './budget.ts'
import type { Db } from './client.ts'
import { prepareEnded } from './ended.ts'
import type { LaneRow } from './entry.ts'
import { preparePending } from './pending.ts'

export interface Look {
  lane: LaneRow
  query: MessageQuery
  /** Only positions below this one. */
  before: number
  /** At least 1. */
  limit: number
  /** This lane's share. */
  budget: Budget
}

export interface Found {
  /** Highest position first. */
  entries: Entry[]
  /** Every position from this one up to `before` has been looked at. */
  floor: number
}

export interface Scan extends Found {
  laneId: number
  /** Whether nothing that the query could mean lies below `floor`. */
  isAtEnd: boolean
  /** When the message at `floor` came: what lies further down is not newer. Of a lane at its end: minus infinity. */
  floorAtMs: number
}

export function prepareScan(db: Db): (look: Look) => Scan {
  const selectPending = preparePending(db)
  const selectEnded = prepareEnded(db)
  const oldest = db.sqlite.prepare<[number], { seq: number | null }>(
    'SELECT min(seq) AS seq FROM entries WHERE lane_id = ?',
  )
  const receivedAt = db.sqlite.prepare<[number, number], { atMs: number }>(
    `SELECT request.received_at_ms AS atMs FROM lane_log log JOIN requests request ON request.id = log.request_id
     WHERE log.lane_id = ? AND log.last_seq >= ? ORDER BY log.last_seq LIMIT 1`,
  )

  function find(look: Look, bottom: number): Found {
    const { lane, before, limit } = look
    const backlog = selectPending(look)
    if (backlog.entries.length === limit || backlog.floor > lane.cursor + 1) return backlog
    const endedBefore = Math.min(before, lane.cursor + 1)
    const past = selectEnded({ ...look, before: endedBefore, limit: limit - backlog.entries.length, bottom })
    return { entries: [...backlog.entries, ...past.entries], floor: past.floor }
  }

  return (look) => {
    // Below the oldest entry everything has been purged.
    const bottom = oldest.get(look.lane.id)?.seq ?? look.lane.cursor + 1
    const found = find(look, bottom)
    const isAtEnd = found.floor <= bottom
    const floorAtMs = isAtEnd ? -Infinity : (receivedAt.get(look.lane.id, found.floor)?.atMs ?? -Infinity)
    return { ...found, laneId: look.lane.id, isAtEnd, floorAtMs }
  }
}
