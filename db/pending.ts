/** The backlog as the explorer shows it: read from the bodies, newest first, a bounded number of messages. */
import { entryId, madeMessageId } from '../core/ids.ts'
import type { Entry, LogRow, MessageQuery } from '../core/ports.ts'
import { mapSegmentMessage } from '../core/segment-to-statsig/index.ts'
import { defaultSettings } from '../core/settings.ts'
import { parseBody, receiptOf, unpackStored } from '../core/stored-request.ts'
import type { Db } from './client.ts'
import { itemAt, logColumns, toLogRow, type LogSqlRow } from './log-row.ts'
import type { LaneRow } from './messages.ts'

/** Bodies are parsed to be searched: this many messages a page. */
const pendingScanMax = 5_000

export function selectPending(
  { sqlite }: Db,
  lane: LaneRow,
  query: MessageQuery,
  before: number,
  limit: number,
): { entries: Entry[]; floor: number; cut: boolean } {
  const entries: Entry[] = []
  if (query.outcome !== undefined && query.outcome !== 'pending')
    return { entries, floor: before, cut: false }
  const rows = sqlite.prepare<[number, number, number], LogSqlRow & { body: Buffer }>(
    `SELECT ${logColumns}, request.body FROM lane_log log JOIN requests request ON request.id = log.request_id
     WHERE log.lane_id = ? AND log.last_seq > ? AND log.first_seq < ? ORDER BY log.last_seq DESC`,
  )
  let floor = before
  let seen = 0
  for (const { body, ...sqlRow } of rows.iterate(lane.id, lane.cursor, before)) {
    const row = toLogRow(sqlRow)
    const messages = readMessages(row, body)
    for (let seq = Math.min(row.lastSeq, before - 1); seq >= row.firstSeq && seq > lane.cursor; seq -= 1) {
      floor = seq
      seen += 1
      const entry = pendingEntry(lane, row, seq, messages(itemAt(row, seq)))
      if (matches(entry, query)) entries.push(entry)
      if (entries.length >= limit || seen >= pendingScanMax)
        return { entries, floor, cut: seen >= pendingScanMax }
    }
  }
  return { entries, floor, cut: false }
}

type Seen = ReturnType<typeof mapSegmentMessage>['seen']

function readMessages(row: LogRow, body: Uint8Array): (item: number) => Seen {
  const unpacked = unpackStored(row, parseBody(body))
  if (!unpacked.ok) return () => ({})
  const receipt = receiptOf(row, unpacked.batch)
  return (item) => mapSegmentMessage(unpacked.items[item], receipt, defaultSettings).seen
}

/** One pending entry, with what can be read of its message. */
export function pendingEntry(
  lane: Pick<LaneRow, 'id' | 'name' | 'connectionId'>,
  row: LogRow,
  seq: number,
  seen: Seen,
): Entry {
  return {
    id: entryId(lane.id, seq),
    connectionId: lane.connectionId,
    lane: lane.name,
    messageId: seen.messageId ?? madeMessageId(row.requestId, itemAt(row, seq)),
    outcome: 'pending',
    reason: undefined,
    path: undefined,
    detail: undefined,
    type: seen.type,
    event: seen.event,
    userId: seen.userId,
    receivedAtMs: row.receivedAtMs,
    endedAtMs: undefined,
    settingsVersion: undefined,
  }
}

function matches(entry: Entry, query: MessageQuery): boolean {
  return (
    (query.event === undefined || query.event === entry.event) &&
    (query.userId === undefined || query.userId === entry.userId) &&
    (query.messageId === undefined || query.messageId === entry.messageId) &&
    (query.sinceMs === undefined || entry.receivedAtMs >= query.sinceMs) &&
    (query.untilMs === undefined || entry.receivedAtMs < query.untilMs)
  )
}
