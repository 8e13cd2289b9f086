/**
 * What is left in the lane of a job that was cancelled or failed: it leaves the lane, which nobody will drain, and is
 * counted as unsent. At most what the filler was ahead; in short transactions, from the end.
 */
import type { Job } from '../core/job-ports.ts'
import { immediate, type Db } from './client.ts'
import { prepareGiveBack } from './redriven.ts'

/** Log rows that one transaction takes back. */
const rowsMax = 500

interface Row {
  firstSeq: number
  lastSeq: number
  requestId: number
  sole: number
}

export function createUnsent(db: Db): (job: Job) => Promise<void> {
  const takeBack = prepareTakeBack(db)
  return async ({ laneId, id }) => {
    while (await immediate(db, () => takeBack(laneId, id))) await new Promise(setImmediate)
  }
}

/** Answers whether there may be more. */
function prepareTakeBack(db: Db): (laneId: number, jobId: string) => boolean {
  const { sqlite } = db
  const cursor = sqlite.prepare<[number], number>('SELECT cursor FROM lanes WHERE id = ?').pluck()
  const rows = sqlite.prepare<[number, number], Row>(
    `SELECT first_seq AS firstSeq, last_seq AS lastSeq, request_id AS requestId, sole FROM lane_log
     WHERE lane_id = ? AND last_seq > ? ORDER BY last_seq DESC LIMIT ${rowsMax}`,
  )
  const removeLog = sqlite.prepare(
    'DELETE FROM lane_log WHERE lane_id = ? AND last_seq = ? AND first_seq > ?',
  )
  const cutLog = sqlite.prepare('UPDATE lane_log SET last_seq = ? WHERE lane_id = ? AND last_seq = ?')
  const removeRequest = sqlite
    .prepare<[number, number], number>(
      `DELETE FROM requests WHERE id = ? AND source = 'archive' AND NOT EXISTS (SELECT 1 FROM lane_log WHERE request_id = ?)
       RETURNING length(body)`,
    )
    .pluck()
  const held = sqlite.prepare(
    `INSERT INTO retention (id, requests_out, bytes_out) VALUES (1, 1, ?) ON CONFLICT DO UPDATE SET
       requests_out = requests_out + 1, bytes_out = bytes_out + excluded.bytes_out`,
  )
  // The total alone: when it was accepted is no matter for what never was delivered, and sums must hold.
  const uncount = sqlite.prepare(
    'UPDATE lane_counts SET accepted = accepted - ? WHERE lane_id = ? AND sole = ? AND minute = 0',
  )
  const shorten = sqlite.prepare('UPDATE lanes SET head = ?, epoch = epoch + 1 WHERE id = ?')
  const count = sqlite.prepare('UPDATE jobs SET unsent = unsent + ? WHERE id = ?')
  const giveBack = prepareGiveBack(db)

  return (laneId, jobId) => {
    const done = cursor.get(laneId) ?? 0
    const left = rows.all(laneId, done)
    for (const { firstSeq, lastSeq, requestId, sole } of left) {
      const from = Math.max(firstSeq, done + 1)
      const n = lastSeq - from + 1
      giveBack(laneId, from, lastSeq)
      // A row that the drain has ended in part keeps that part.
      if (removeLog.run(laneId, lastSeq, done).changes === 0) cutLog.run(done, laneId, lastSeq)
      const bytes = removeRequest.get(requestId, requestId)
      if (bytes !== undefined) held.run(bytes)
      uncount.run(n, laneId, sole)
      count.run(n, jobId)
      shorten.run(from - 1, laneId)
    }
    return left.length === rowsMax
  }
}
