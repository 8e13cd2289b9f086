/**
 * Removes ended history from the front of the lanes, in short transactions. Within a lane entries end in order, so what
 * is too old is a beginning of its log, but for entries that are pending again (a redrive took them): those stay, and
 * what lies behind them goes. A body goes with the last place in any log that points to it.
 */
import { outcomes } from '../core/outcome.ts'
import type { Removed, RetentionStore } from '../core/retention-ports.ts'
import { immediate, type Db } from './client.ts'
import { blockOf, blockSize } from './search-blocks.ts'

/** Rows of all tables that one transaction removes, about; attempts have as many of their own. */
const rowsMax = 2_000
/** Bodies lie in many pages each: this keeps a transaction to some milliseconds. */
const bytesMax = 4 * 1024 * 1024
/** Lanes take turns: none is purged further than this ahead of the oldest of the others. */
const sliceMs = 3_600_000

/** How far one lane has been purged in this pass. */
interface Front {
  laneId: number
  /** Everything up to here has been removed or left. */
  after: number
  /** The highest position that was left, with its attempts, because it is pending again; 0 when none was. */
  leftUpTo: number
}

interface OldRow {
  firstSeq: number
  lastSeq: number
  requestId: number
  bytes: number
  endedAtMs: number
}

const nothing: Removed = { requests: 0, entries: 0, bytes: 0 }

/** Of all connections, or of one. */
export function createPurgeEnded(db: Db, connectionId?: string): RetentionStore['purgeEnded'] {
  const laneIds = db.sqlite
    .prepare<[string | null], number>(
      'SELECT id FROM lanes WHERE connection_id = coalesce(?, connection_id) ORDER BY id',
    )
    .pluck()
  const oldRows = prepareOldRows(db)
  const purge = preparePurge(db)

  return async function* (endedBeforeMs) {
    const fronts = laneIds
      .all(connectionId ?? null)
      .map((laneId) => ({ laneId, after: 0, leftUpTo: 0 }))
      .map((front) => ({ front, endedAtMs: oldRows.next(front)?.endedAtMs ?? Infinity }))
    for (;;) {
      fronts.sort((a, b) => a.endedAtMs - b.endedAtMs)
      const [oldest, second] = fronts
      if (!oldest || oldest.endedAtMs >= endedBeforeMs) return
      const { front, endedAtMs } = oldest
      const untilMs = Math.min(endedBeforeMs, Math.max(second?.endedAtMs ?? Infinity, endedAtMs + sliceMs))
      const step = await immediate(db, () => purge.rows(front, oldRows.chunk(front, untilMs)))
      Object.assign(front, step.front)
      yield step.removed
      while (step.isMoreAttempts && (await immediate(db, () => purge.attempts(front)))) yield nothing
      oldest.endedAtMs = oldRows.next(front)?.endedAtMs ?? Infinity
    }
  }
}

/** What lies at the front of a lane, ended and not yet removed. */
function prepareOldRows({ sqlite }: Db) {
  const rows = sqlite.prepare<[number, number], OldRow>(`
    SELECT log.first_seq AS firstSeq, log.last_seq AS lastSeq, log.request_id AS requestId,
      coalesce(length(request.body), 0) AS bytes, coalesce(entry.ended_at_ms, request.received_at_ms, 0) AS endedAtMs
    FROM lanes lane JOIN lane_log log ON log.lane_id = lane.id
      LEFT JOIN entries entry ON entry.lane_id = log.lane_id AND entry.seq = log.last_seq
      LEFT JOIN requests request ON request.id = log.request_id
    WHERE lane.id = ? AND log.last_seq > ? AND log.last_seq <= lane.cursor ORDER BY log.last_seq`)

  return {
    next({ laneId, after }: Front): OldRow | undefined {
      for (const row of rows.iterate(laneId, after)) return row
      return undefined
    },
    /** What one transaction takes; at least one row where there is one. */
    chunk({ laneId, after }: Front, untilMs: number): OldRow[] {
      const chunk: OldRow[] = []
      const requests = new Set<number>()
      let [weight, bytes] = [0, 0]
      for (const row of rows.iterate(laneId, after)) {
        const isNew = !requests.has(row.requestId)
        requests.add(row.requestId)
        weight += row.lastSeq - row.firstSeq + 2 + (isNew ? 1 : 0) // its entries, itself, its request
        bytes += isNew ? row.bytes : 0
        const isFull = chunk.length > 0 && (weight > rowsMax || (isNew && bytes > bytesMax))
        if (row.endedAtMs >= untilMs || isFull) break
        chunk.push(row)
      }
      return chunk
    },
  }
}

interface Step {
  front: Front
  removed: Removed
  isMoreAttempts: boolean
}

function preparePurge({ sqlite }: Db) {
  const pendingAgain = sqlite.prepare<[number, number, number], number>(
    `SELECT 1 FROM entries WHERE lane_id = ? AND seq BETWEEN ? AND ? AND outcome = ${outcomes.indexOf('pending')} LIMIT 1`,
  )
  const removeEntries = sqlite.prepare('DELETE FROM entries WHERE lane_id = ? AND seq BETWEEN ? AND ?')
  const removeSomeEntries = sqlite.prepare(`
    DELETE FROM entries WHERE lane_id = @laneId AND seq IN (
      SELECT seq FROM entries WHERE lane_id = @laneId AND seq BETWEEN @firstSeq AND @lastSeq ORDER BY seq LIMIT ${rowsMax})`)
  // Blocks that nothing is left of; what a redrive took keeps its block.
  const removeBlocks = sqlite.prepare(`
    DELETE FROM search_blocks AS old WHERE lane_id = @laneId AND block < @before AND NOT EXISTS (
      SELECT 1 FROM entries WHERE lane_id = @laneId
        AND seq BETWEEN old.block * ${blockSize} AND old.block * ${blockSize} + ${blockSize - 1})`)
  const removeLog = sqlite.prepare('DELETE FROM lane_log WHERE lane_id = ? AND last_seq BETWEEN ? AND ?')
  const removeRequest = sqlite.prepare<[number, number]>(
    'DELETE FROM requests WHERE id = ? AND NOT EXISTS (SELECT 1 FROM lane_log WHERE request_id = ?)',
  )
  // Attempts whose range begins before what was left belong to it and go when it goes.
  const removeAttempts = sqlite.prepare(`
    DELETE FROM attempts WHERE id IN (
      SELECT id FROM attempts WHERE lane_id = @laneId AND last_seq > @leftUpTo AND last_seq <= @after
        AND first_seq > @leftUpTo LIMIT ${rowsMax})`)
  const count = sqlite.prepare(`
    INSERT INTO retention (id, requests_out, bytes_out) VALUES (1, ?, ?) ON CONFLICT DO UPDATE SET
      requests_out = requests_out + excluded.requests_out, bytes_out = bytes_out + excluded.bytes_out`)

  const attempts = (front: Front): boolean => removeAttempts.run(front).changes === rowsMax

  function removeRequests(chunk: OldRow[]): { requests: number; bytes: number } {
    const sizes = new Map(chunk.map(({ requestId, bytes }) => [requestId, bytes]))
    const gone = [...sizes].filter(([id]) => removeRequest.run(id, id).changes === 1)
    const bytes = gone.reduce((sum, [, size]) => sum + size, 0)
    count.run(gone.length, bytes)
    return { requests: gone.length, bytes }
  }

  function rows(front: Front, chunk: OldRow[]): Step {
    const { laneId } = front
    const left = chunk.findIndex(({ firstSeq, lastSeq }) => pendingAgain.get(laneId, firstSeq, lastSeq))
    const [first, last] = [chunk[0], left === -1 ? chunk.at(-1) : chunk[left - 1]]
    if (!first) return { front, removed: nothing, isMoreAttempts: false }
    if (!last)
      return {
        front: { laneId, after: first.lastSeq, leftUpTo: first.lastSeq },
        ...{ removed: nothing, isMoreAttempts: false },
      }
    const isVast = first.lastSeq - first.firstSeq >= rowsMax
    const entries = isVast
      ? removeSomeEntries.run({ laneId, ...first }).changes
      : removeEntries.run(laneId, first.firstSeq, last.lastSeq).changes
    // A request of very many messages goes piece by piece, and its place in the log with the last piece.
    if (isVast && entries === rowsMax)
      return { front, removed: { ...nothing, entries }, isMoreAttempts: false }
    removeLog.run(laneId, first.lastSeq, last.lastSeq)
    removeBlocks.run({ laneId, before: blockOf(last.lastSeq + 1) })
    const gone = removeRequests(left === -1 ? chunk : chunk.slice(0, left))
    const after = { ...front, after: last.lastSeq }
    return { front: after, removed: { ...gone, entries }, isMoreAttempts: attempts(after) }
  }
  return { rows, attempts }
}
