/** The backlog as the explorer shows it: read from the bodies, newest first, a bounded number of messages. */
import type { Entry, MessageQuery } from '../core/ports.ts'
import type { Db } from './client.ts'
import { pendingEntry, readMessages } from './entry.ts'
import { itemAt, logColumns, toLogRow, type LogSqlRow } from './log-row.ts'
import type { Found, Look } from './scan.ts'

/** Of what parsing a body costs, this part is spent on one that need not be parsed. */
const unparsedShare = 4

/** Looks at what of a span waits, highest first, until `limit` entries fit the query or the budget is used up. */
export function preparePending({ sqlite }: Db): (look: Look) => Found {
  const rows = sqlite.prepare<[number, number, number], LogSqlRow & { body: Buffer }>(
    `SELECT ${logColumns}, request.body FROM lane_log log JOIN requests request ON request.id = log.request_id
     WHERE log.lane_id = ? AND log.last_seq > ? AND log.first_seq < ? ORDER BY log.last_seq DESC`,
  )
  return ({ lane, query, span, limit, budget }) => {
    const before = span.high
    const bottom = Math.max(span.low, lane.cursor + 1)
    if (query.outcome !== undefined && query.outcome !== 'pending') return { entries: [], floor: bottom }
    const mayHold = prepareBodySearch(query)
    const entries: Entry[] = []
    let isFirst = true
    for (const { body, ...sqlRow } of rows.iterate(lane.id, bottom - 1, before)) {
      const isTooMuch = body.length > budget.bytes || budget.messages <= 0
      if (!isFirst && isTooMuch) return { entries, floor: sqlRow.lastSeq + 1 }
      isFirst = false
      const isWorthParsing = mayHold(body)
      budget.bytes -= isWorthParsing ? body.length : body.length / unparsedShare
      if (!isWorthParsing) continue
      const row = toLogRow(sqlRow)
      const seenOf = readMessages(lane, row, body)
      const last = Math.max(row.firstSeq, bottom)
      for (let seq = Math.min(row.lastSeq, before - 1); seq >= last; seq -= 1) {
        const entry = pendingEntry(lane, row, seq, seenOf(itemAt(row, seq)))
        if (fits(entry, query)) entries.push(entry)
        budget.messages -= 1
        if (entries.length === limit || budget.messages <= 0) return { entries, floor: seq }
      }
    }
    return { entries, floor: bottom }
  }
}

/**
 * Whether a body is worth parsing: an id or a name that is plain text stands in it as it is, unless the body writes
 * characters as escapes. Numbers have many spellings, and an id that we made stands in no body.
 */
function prepareBodySearch({ messageId, userId, event }: MessageQuery): (body: Buffer) => boolean {
  const texts = [messageId, userId, event].filter((text) => text !== undefined)
  const isPlain = texts.every((text) => /^[\w.:@ -]{1,200}$/.test(text) && Number.isNaN(Number(text)))
  if (texts.length === 0 || !isPlain || messageId?.startsWith('causeway-')) return () => true
  return (body) => body.includes('\\u') || texts.every((text) => body.includes(text))
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
