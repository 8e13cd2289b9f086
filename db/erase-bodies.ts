/** Rewrites bodies without the messages of an erased person, and blanks what the index knew of their entries. */
import { eraseItems, isErasedItem, type IsGone } from '../core/erasure.ts'
import type { AcceptedRequest, LaneStore, Lease } from '../core/ports.ts'
import { immediate, type Db } from './client.ts'
import { blockOf, prepareRemakeBlock } from './search-blocks.ts'
import { itemAt, logColumns, prepareLogAt, seqOfItem, toLogRow, type LogSqlRow } from './log-row.ts'

interface StoredBody {
  source: AcceptedRequest['source']
  call: string
  body: Buffer
}

/** What a write sets free is overwritten with zeros: https://www.sqlite.org/pragma.html#pragma_secure_delete */
function zeroing(sqlite: Db['sqlite'], write: () => void): void {
  sqlite.pragma('secure_delete = ON')
  try {
    write()
  } finally {
    sqlite.pragma('secure_delete = OFF')
  }
}

/** Answers how many items went. To be called in a transaction; the freed bytes are zeroed on disk. */
export function prepareRewrite({ sqlite }: Db) {
  const read = sqlite.prepare<[number], StoredBody>('SELECT source, call, body FROM requests WHERE id = ?')
  const write = sqlite.prepare('UPDATE requests SET body = ? WHERE id = ?')
  const count = sqlite.prepare(
    'INSERT INTO retention (id, bytes_out) VALUES (1, ?) ON CONFLICT DO UPDATE SET bytes_out = bytes_out + excluded.bytes_out',
  )
  return (requestId: number, isGone: IsGone): number => {
    const stored = read.get(requestId)
    const erased = stored && eraseItems(stored, stored.body, isGone)
    if (!erased) return 0
    zeroing(sqlite, () => write.run(erased.body, requestId))
    count.run(stored.body.length - erased.body.length)
    return erased.items.length
  }
}

const rowsMax = 1_000

/** An ended entry keeps its outcome; whose it was, and what was said of its content, goes. */
export function prepareBlankEntries(db: Db) {
  const rows = db.sqlite.prepare<[number], LogSqlRow & { laneId: number }>(
    `SELECT log.lane_id AS laneId, ${logColumns} FROM lane_log log JOIN requests request ON request.id = log.request_id
     WHERE log.request_id = ?`,
  )
  const blank = db.sqlite.prepare(
    'UPDATE entries SET user_id = NULL, event = NULL, path = NULL, detail = NULL WHERE lane_id = ? AND seq = ?',
  )
  // A redrive keeps what the original had said until then.
  const blankTaken = db.sqlite.prepare(
    'UPDATE redriven SET path = NULL, detail = NULL WHERE origin_lane_id = ? AND origin_seq = ?',
  )
  const remakeBlock = prepareRemakeBlock(db)
  return async (requestId: number, items: readonly number[]): Promise<void> => {
    const places = rows.all(requestId).flatMap(({ laneId, ...row }) => {
      const log = toLogRow(row)
      return items.flatMap((item) => {
        const seq = seqOfItem(log, item)
        return seq === undefined ? [] : [{ laneId, seq }]
      })
    })
    for (let from = 0; from < places.length; from += rowsMax) {
      const some = places.slice(from, from + rowsMax)
      const blankAll = () => {
        for (const { laneId, seq } of some) {
          blank.run(laneId, seq)
          blankTaken.run(laneId, seq)
        }
        // What the search knows of a block would still tell that they were there.
        const blocks = new Map(some.map((place) => [`${place.laneId} ${blockOf(place.seq)}`, place]))
        for (const { laneId, seq } of blocks.values()) remakeBlock(laneId, seq)
      }
      await immediate(db, () => zeroing(db.sqlite, blankAll))
    }
  }
}

/** What a late or replayed message of an erased person said goes with its ending. A follower of the commit. */
export function prepareForgetLate(db: Db) {
  const rowAt = prepareLogAt(db)
  const rewrite = prepareRewrite(db)
  return ({ laneId }: Lease, { entries }: Parameters<LaneStore['commit']>[1]): void => {
    const gone = new Map<number, Set<number>>()
    for (const { seq, outcome, reason } of entries) {
      if (outcome !== 'skipped' || reason !== 'erased') continue
      const row = rowAt(laneId, seq)
      if (!row) continue
      gone.set(row.requestId, (gone.get(row.requestId) ?? new Set()).add(itemAt(row, seq)))
    }
    for (const [requestId, items] of gone)
      rewrite(requestId, (item, index) => items.has(index) && !isErasedItem(item))
  }
}
