/** A row of a lane's log as the port names it, and the arithmetic between positions and items of a body. */
import type { LogRow } from '../core/ports.ts'
import type { Db } from './client.ts'

export interface LogSqlRow extends Omit<LogRow, 'items' | 'sole' | 'callerIp'> {
  items: string | null
  sole: number
  callerIp: string | null
}

/** Columns of `LogSqlRow` from `lane_log log JOIN requests request`. */
export const logColumns = `log.first_seq AS firstSeq, log.last_seq AS lastSeq, log.request_id AS requestId, log.items, log.sole,
  request.received_at_ms AS receivedAtMs, request.source, request.call, request.caller_ip AS callerIp`

export function toLogRow(row: LogSqlRow): LogRow {
  return {
    ...row,
    items: row.items === null ? undefined : (JSON.parse(row.items) as number[]),
    sole: row.sole === 1,
    callerIp: row.callerIp ?? undefined,
  }
}

const rowAt = (
  columns: string,
) => `SELECT ${columns} FROM lane_log log JOIN requests request ON request.id = log.request_id
  WHERE log.lane_id = ? AND log.last_seq >= ? ORDER BY log.last_seq LIMIT 1`

/** Reads the row that holds a position of a lane; undefined where retention has removed it. */
export function prepareLogAt({
  sqlite,
}: Pick<Db, 'sqlite'>): (laneId: number, seq: number) => LogRow | undefined {
  const select = sqlite.prepare<[number, number], LogSqlRow>(rowAt(logColumns))
  return (laneId, seq) => {
    const row = select.get(laneId, seq)
    return row && row.firstSeq <= seq ? toLogRow(row) : undefined
  }
}

/** The same with the body of its request, which may be 16 MB. */
export function prepareBodyAt({
  sqlite,
}: Pick<Db, 'sqlite'>): (laneId: number, seq: number) => { row: LogRow; body: Buffer } | undefined {
  const select = sqlite.prepare<[number, number], LogSqlRow & { body: Buffer }>(
    rowAt(`${logColumns}, request.body`),
  )
  return (laneId, seq) => {
    const found = select.get(laneId, seq)
    if (!found || found.firstSeq > seq) return undefined
    const { body, ...row } = found
    return { row: toLogRow(row), body }
  }
}

/** Which item of the body the entry at `seq` is. */
export function itemAt(row: Pick<LogRow, 'firstSeq' | 'items'>, seq: number): number {
  const offset = seq - row.firstSeq
  return row.items?.[offset] ?? offset
}

/** The position of an item of the body in this row, or undefined where it is not in it. */
export function seqOfItem(
  row: Pick<LogRow, 'firstSeq' | 'lastSeq' | 'items'>,
  item: number,
): number | undefined {
  const offset = row.items === undefined ? item : row.items.indexOf(item)
  const seq = row.firstSeq + offset
  return offset >= 0 && seq <= row.lastSeq ? seq : undefined
}
