/** What drains have ended, as the explorer searches it: narrow rows, newest first, a bounded number of positions. */
import { outcomes } from '../core/outcome.ts'
import type { MessageQuery } from '../core/ports.ts'
import type { Db } from './client.ts'
import { endedColumns, endedEntry, seqOf, type EndedRow } from './entry.ts'
import type { Found, Look } from './scan.ts'

/** Positions of a lane that one look goes through. */
const positionsMax = 20_000

/** Conditions that a query may set, with the SQL of each. */
const conditions = {
  outcome: 'outcome = @outcome',
  event: 'event = @event',
  userId: 'user_id = @userId',
  messageId: 'message_id = @messageId',
  sinceMs: 'receivedAtMs >= @sinceMs',
  untilMs: 'receivedAtMs < @untilMs',
} as const satisfies Partial<Record<keyof MessageQuery, string>>

/** Looks from below `before` down to `bottom`, until `limit` entries fit the query or the bound is reached. */
export function prepareEnded({ sqlite }: Db): (look: Look & { bottom: number }) => Found {
  return ({ lane, query, before, limit, bottom }) => {
    const floor = Math.max(Math.min(bottom, before), before - positionsMax)
    const wheres = Object.entries(conditions)
      .filter(([name]) => query[name as keyof MessageQuery] !== undefined)
      .map(([, condition]) => `AND ${condition}`)
    const rows = sqlite
      .prepare<[object], EndedRow>(
        `SELECT ${endedColumns} FROM entries entry
         WHERE lane_id = @laneId AND seq < @before AND seq >= @floor ${wheres.join(' ')}
         ORDER BY seq DESC LIMIT @limit`,
      )
      .all({
        ...query,
        outcome: query.outcome && outcomes.indexOf(query.outcome),
        laneId: lane.id,
        before,
        floor,
        limit,
      })
    const entries = rows.map((row) => endedEntry(lane, row))
    const last = entries.at(-1)
    return { entries, floor: last && entries.length === limit ? seqOf(last) : floor }
  }
}
