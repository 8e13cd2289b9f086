/**
 * One look into one span of a lane's positions, newest first: the backlog, then what was ended. A look is bounded, so
 * that a search for what is not there costs milliseconds and not the event loop; it says how far down it came.
 */
import type { Entry, MessageQuery } from '../core/ports.ts'
import type { Budget } from './budget.ts'
import type { Db } from './client.ts'
import { prepareEnded } from './ended.ts'
import type { LaneRow } from './entry.ts'
import { preparePending } from './pending.ts'

/** Positions from `low` on, below `high`. */
export interface Span {
  low: number
  high: number
}

export interface Look {
  lane: LaneRow
  query: MessageQuery
  span: Span
  /** At least 1. */
  limit: number
  /** This look's share. */
  budget: Budget
}

export interface Found {
  /** Highest position first. */
  entries: Entry[]
  /** Every position of the span from this one up has been looked at. */
  floor: number
}

export interface Scan extends Found {
  laneId: number
  low: number
  /** Whether nothing that the query could mean lies between `low` and `floor`. */
  isAtEnd: boolean
  /** When the message at `floor` came: what lies further down is not newer. Of a span at its end: minus infinity. */
  floorAtMs: number
  /** It looked at the backlog alone: what was ended is looked at beside it and does not wait for it. */
  isBacklog: boolean
}

/** By what a backlog has no index for: it may be long, and hold nothing. */
const isSearch = ({ messageId, userId, event }: MessageQuery): boolean =>
  messageId !== undefined || userId !== undefined || event !== undefined

/** `mayPart`: whether a search may look at the backlog and at what was ended side by side. */
export function prepareScan(db: Db): (look: Look, mayPart: boolean) => Scan[] {
  const selectPending = preparePending(db)
  const selectEnded = prepareEnded(db)
  const oldest = db.sqlite.prepare<[number], { seq: number | null }>(
    'SELECT min(seq) AS seq FROM entries WHERE lane_id = ?',
  )
  const receivedAt = db.sqlite.prepare<[number, number], { atMs: number }>(
    `SELECT request.received_at_ms AS atMs FROM lane_log log JOIN requests request ON request.id = log.request_id
     WHERE log.lane_id = ? AND log.last_seq >= ? ORDER BY log.last_seq LIMIT 1`,
  )
  function toScan({ lane, span }: Look, found: Found, bottom: number, isBacklog = false): Scan {
    const isAtEnd = found.floor <= bottom
    const floorAtMs = isAtEnd ? -Infinity : (receivedAt.get(lane.id, found.floor)?.atMs ?? -Infinity)
    return { ...found, laneId: lane.id, low: isBacklog ? bottom : span.low, isAtEnd, floorAtMs, isBacklog }
  }

  return (look, mayPart) => {
    const { lane, span, limit } = look
    const waitsFrom = Math.max(span.low, lane.cursor + 1)
    const hasBacklog = span.high > waitsFrom
    const backlog = hasBacklog ? selectPending(look) : { entries: [], floor: span.high }
    // Below the oldest entry everything has been purged.
    const bottom = Math.max(span.low, oldest.get(lane.id)?.seq ?? lane.cursor + 1)
    const high = Math.min(span.high, lane.cursor + 1)
    const ended = (most: number): Found =>
      high > span.low
        ? selectEnded({ ...look, span: { low: span.low, high }, limit: most, bottom })
        : { entries: [], floor: Math.min(bottom, span.high) }
    if (hasBacklog && mayPart && isSearch(look.query)) {
      const waiting = toScan(look, backlog, waitsFrom, true)
      return high > span.low ? [waiting, toScan(look, ended(limit), bottom)] : [waiting]
    }
    if (hasBacklog && (backlog.entries.length === limit || backlog.floor > waitsFrom))
      return [toScan(look, backlog, bottom)]
    const past = ended(limit - backlog.entries.length)
    return [toScan(look, { entries: [...backlog.entries, ...past.entries], floor: past.floor }, bottom)]
  }
}
