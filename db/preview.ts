/**
 * Runs filters over the newest messages of a lane, through a read-only connection of its own: row by row and by
 * position, so that no snapshot is held open (it would keep the write-ahead log from being shortened) and no more than
 * one request is in memory. Synchronous: it belongs into a thread.
 */
import Database from 'better-sqlite3'
import { mapForLane } from '../core/directions.ts'
import { isErasedItem } from '../core/erasure.ts'
import { PreviewTally } from '../core/filters/preview.ts'
import { entryId } from '../core/ids.ts'
import type { PreviewRequest, PreviewResult } from '../core/preview-ports.ts'
import type { Trace } from '../core/segment-to-statsig/index.ts'
import { parseBody, receiptOf, unpackStored } from '../core/stored-request.ts'
import { itemAt, logColumns, toLogRow, type LogSqlRow } from './log-row.ts'

type OpenRequest = { requestId: number; items: readonly unknown[]; receipt: ReturnType<typeof receiptOf> }

/** `isLate` is asked after each request: what has been looked at until then is the answer. */
export function previewFilters(path: string, request: PreviewRequest, isLate: () => boolean): PreviewResult {
  const sqlite = new Database(path, { readonly: true, fileMustExist: true })
  try {
    return scan(sqlite, request, isLate)
  } finally {
    sqlite.close()
  }
}

function scan(
  sqlite: Database.Database,
  { connectionId, lane, settings, last }: PreviewRequest,
  isLate: () => boolean,
): PreviewResult {
  const laneId = sqlite
    .prepare<[string, string], number>('SELECT id FROM lanes WHERE connection_id = ? AND name = ?')
    .pluck()
    .get(connectionId, lane)
  const tally = new PreviewTally()
  if (laneId === undefined) return tally.end(false)
  const below = sqlite.prepare<[number, number], LogSqlRow>(
    `SELECT ${logColumns} FROM lane_log log JOIN requests request ON request.id = log.request_id
     WHERE log.lane_id = ? AND log.last_seq < ? ORDER BY log.last_seq DESC LIMIT 1`,
  )
  const open = prepareOpen(sqlite)
  for (let before = Number.MAX_SAFE_INTEGER; tally.looked < last;) {
    const sqlRow = below.get(laneId, before)
    if (sqlRow === undefined) return tally.end(false)
    if (isLate()) return tally.end(true)
    const row = toLogRow(sqlRow)
    before = row.lastSeq
    const opened = open(row)
    if (opened === undefined) continue
    for (let seq = row.lastSeq; seq >= row.firstSeq && tally.looked < last; seq -= 1) {
      const item = opened.items[itemAt(row, seq)]
      const { receivedAtMs } = row
      if (isErasedItem(item)) {
        tally.addErased(receivedAtMs)
        continue
      }
      const trace: Trace = { origins: [] }
      const mapped = mapForLane(lane, item, opened.receipt, settings, trace)
      if (mapped !== undefined) tally.add(mapped, trace, { id: entryId(laneId, seq), receivedAtMs })
    }
  }
  return tally.end(false)
}

/** Opens a row's request; several rows of one request that follow each other parse it once. */
function prepareOpen(
  sqlite: Database.Database,
): (row: ReturnType<typeof toLogRow>) => OpenRequest | undefined {
  const body = sqlite.prepare<[number], Buffer>('SELECT body FROM requests WHERE id = ?').pluck()
  let open: OpenRequest | undefined
  return (row) => {
    if (open?.requestId === row.requestId) return open
    // Retention may have removed it since its row was read.
    const bytes = body.get(row.requestId)
    const unpacked = bytes && unpackStored(row, parseBody(bytes))
    if (!unpacked?.ok) return undefined
    open = { requestId: row.requestId, items: unpacked.items, receipt: receiptOf(row, unpacked.batch) }
    return open
  }
}
