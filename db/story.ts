/** The whole story of one entry: its place, its body, its attempts and the entries of the same message elsewhere. */
import { entryId } from '../core/ids.ts'
import type { Attempt, EntryStory } from '../core/ports.ts'
import type { Db } from './client.ts'
import {
  endedColumns,
  endedRows,
  endedEntry,
  laneColumns,
  pendingEntry,
  readMessages,
  type EndedRow,
  type LaneRow,
} from './entry.ts'
import { itemAt, logColumns, prepareBodyAt, seqOfItem, toLogRow, type LogSqlRow } from './log-row.ts'

/** The longest range of one attempt: a run towards Segment, with what of it was not sent. */
const partEntriesMax = 10_000
/** Attempts shown of one entry, newest last; a day of an outage makes about 1,400. */
const attemptsMax = 200

interface AttemptRow extends Omit<Attempt, 'status' | 'answer'> {
  status: number | null
  answer: string | null
}

const toAttempt = (row: AttemptRow): Attempt => ({
  ...row,
  status: row.status ?? undefined,
  answer: row.answer ?? undefined,
})

export function prepareStory({ sqlite }: Db) {
  const lane = sqlite.prepare<[number], LaneRow>(`SELECT ${laneColumns} FROM lanes WHERE id = ?`)
  const logged = prepareBodyAt({ sqlite })
  const ended = sqlite.prepare<[number, number], EndedRow>(
    `SELECT ${endedColumns} FROM ${endedRows} WHERE lane_id = ? AND seq = ?`,
  )
  const sameRequest = sqlite.prepare<[number], LogSqlRow & { laneId: number }>(
    `SELECT log.lane_id AS laneId, ${logColumns} FROM lane_log log JOIN requests request ON request.id = log.request_id
     WHERE log.request_id = ?`,
  )
  // Ranges nest and do not cross, so those that hold a position end at or a little after it.
  const attempts = sqlite.prepare<[number, number, number, number], AttemptRow>(
    `SELECT first_seq AS firstSeq, last_seq AS lastSeq, at_ms AS atMs, duration_ms AS durationMs, entries, status, code, answer,
       settings_version AS settingsVersion FROM attempts
     WHERE lane_id = ? AND last_seq BETWEEN ? AND ? + ${partEntriesMax} AND first_seq <= ? ORDER BY id DESC LIMIT ${attemptsMax}`,
  )

  return ({ laneId, seq }: { laneId: number; seq: number }): EntryStory | undefined => {
    const inLane = lane.get(laneId)
    const found = logged(laneId, seq)
    if (!inLane || !found) return undefined
    const { row, body } = found
    const item = itemAt(row, seq)
    const done = ended.get(laneId, seq)
    // It has ended and its ending has been purged; the rest of its request is about to follow.
    if (!done && seq <= inLane.cursor) return undefined
    const entry = done
      ? endedEntry(inLane, done)
      : pendingEntry(inLane, row, seq, readMessages(inLane, row, body)(item))
    const isSent =
      entry.outcome === 'delivered' ||
      entry.outcome === 'pending' ||
      (entry.outcome === 'rejected' && (entry.reason?.startsWith('vendor_') ?? false))
    return {
      ...entry,
      row,
      item,
      body,
      // What we ended ourselves was never in the requests whose range it lies in.
      attempts: isSent ? attempts.all(laneId, seq, seq, seq).map(toAttempt).reverse() : [],
      related: sameRequest
        .all(row.requestId)
        .map(({ laneId: other, ...rest }) => ({ other, at: seqOfItem(toLogRow(rest), item) }))
        .flatMap(({ other, at }) => (at === undefined || other === laneId ? [] : [entryId(other, at)])),
    }
  }
}
