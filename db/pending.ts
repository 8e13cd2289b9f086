/** The backlog as the explorer shows it: read from the bodies, newest first, a bounded number of messages. */
import type { Entry, MessageQuery } from '../core/ports.ts'
import type { Db } from './client.ts'
import { pendingEntry, readMessages } from './entry.ts'
import { itemAt, logColumns, toLogRow, type LogSqlRow } from './log-row.ts'
import type { Found, Look } from './scan.ts'

/** Bodies are parsed to be searched: at most this much a look. */
const messagesMax = 2_000
const bodyBytesMax = 4 * 1024 * 1024

/** Looks from below `before` down to the cursor, until `limit` entries fit the query or the bound is reached. */
export function preparePending({ sqlite }: Db): (look: Look) => Found {
  const rows = sqlite.prepare<[number, number, number], LogSqlRow & { body: Buffer }>(
    `SELECT ${logColumns}, request.body FROM lane_log log JOIN requests request ON request.id = log.request_id
     WHERE log.lane_id = ? AND log.last_seq > ? AND log.first_seq < ? ORDER BY log.last_seq DESC`,
  )
  return ({ lane, query, before, limit }) => {
    const bottom = Math.min(before, lane.cursor + 1)
    if (query.outcome !== undefined && query.outcome !== 'pending') return { entries: [], floor: bottom }
    const entries: Entry[] = []
    let [messages, bytes] = [0, 0]
    for (const { body, ...sqlRow } of rows.iterate(lane.id, lane.cursor, before)) {
      if (messages > 0 && bytes + body.length > bodyBytesMax) return { entries, floor: sqlRow.lastSeq + 1 }
      bytes += body.length
      const row = toLogRow(sqlRow)
      const seenOf = readMessages(row, body)
      const last = Math.max(row.firstSeq, bottom)
      for (let seq = Math.min(row.lastSeq, before - 1); seq >= last; seq -= 1) {
        const entry = pendingEntry(lane, row, seq, seenOf(itemAt(row, seq)))
        if (fits(entry, query)) entries.push(entry)
        messages += 1
        if (entries.length === limit || messages === messagesMax) return { entries, floor: seq }
      }
    }
    return { entries, floor: bottom }
  }
}

function fits(entry: Entry, query: MessageQuery): boolean {
  return (
    (query.event === undefined || query.event === entry.event) &&
    (query.userId === undefined || query.userId === entry.userId) &&
    (query.messageId === undefined || query.messageId === entry.messageId) &&
    (query.sinceMs === undefined || entry.receivedAtMs >= query.sinceMs) &&
    (query.untilMs === undefined || entry.receivedAtMs < query.untilMs)
  )
}
