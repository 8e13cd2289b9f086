/** The filler's writing: what it appends to a job's lane, and how far it is, in one transaction. */
import { BridgeError } from '../core/errors.ts'
import type { Filled, FillLease, Filling, FillState } from '../core/job-ports.ts'
import type { JobStatus } from '../core/jobs.ts'
import type { Db } from './client.ts'
import { minuteOf } from './minute.ts'

interface StateRow {
  status: JobStatus
  held: number
  ahead: number
  laneId: number
  connectionId: string
}

export type JobFill = ReturnType<typeof createJobFill>

/** Each function is called in a transaction of its caller, but for `state`. */
export function createJobFill({ sqlite }: Db) {
  const held = `(lane.paused OR lane.state = 'needs_attention' OR
    (SELECT paused FROM connections WHERE id = lane.connection_id))`
  const state = sqlite.prepare<[string, number], StateRow>(
    `SELECT job.status, ${held} AS held, lane.head - lane.cursor AS ahead, lane.id AS laneId, job.connection_id AS connectionId
     FROM jobs job JOIN lanes lane ON lane.id = job.lane_id WHERE job.id = ? AND job.fill_epoch = ?`,
  )
  const open = sqlite
    .prepare<[string], number>(
      'UPDATE jobs SET fill_epoch = fill_epoch + 1 WHERE id = ? RETURNING fill_epoch',
    )
    .pluck()
  const { progress, note } = prepareProgress({ sqlite })
  const touch = prepareTouch({ sqlite })
  const append = prepareAppend({ sqlite })

  function current({ jobId, epoch }: FillLease): StateRow {
    const row = state.get(jobId, epoch)
    if (!row) throw new BridgeError('lane_lost', `filler ${epoch} of ${jobId} is over`)
    return row
  }
  const told = ({ status, held: isHeld, ahead }: StateRow): FillState => ({
    status,
    held: isHeld === 1,
    ahead,
  })

  return {
    current,
    touch: (id: string, nowMs: number): void => void touch.run(nowMs, id),
    open(id: string, nowMs: number): FillLease {
      const epoch = open.get(id)
      if (epoch === undefined) throw new BridgeError('not_found', `There is no job ${id}.`)
      touch.run(nowMs, id)
      return { jobId: id, epoch }
    },
    state: (lease: FillLease): FillState => told(current(lease)),
    append(lease: FillLease, filling: Filling, nowMs: number): Filled {
      const { laneId, connectionId } = current(lease)
      const { references = [], bodies = [], notes = [], checkpoint } = filling
      const requestIds = append(laneId, connectionId, { references, bodies }, nowMs)
      progress.run({
        id: lease.jobId,
        checkpoint: checkpoint === undefined ? null : JSON.stringify(checkpoint),
        closed: filling.closed === true ? 1 : 0,
        outsideWindow: filling.outsideWindow ?? 0,
        notSelected: filling.notSelected ?? 0,
        unitsDone: filling.unitsDone ?? null,
        unitsTotal: filling.unitsTotal ?? null,
      })
      for (const { kind, file, count, detail } of notes)
        note.run({ id: lease.jobId, kind, file, count, detail: detail ?? null })
      touch.run(nowMs, lease.jobId)
      return { ...told(current(lease)), requestIds }
    },
  }
}

/** How far the source has been read, and what was odd in it. */
function prepareProgress({ sqlite }: Pick<Db, 'sqlite'>) {
  const progress = sqlite.prepare(
    `UPDATE jobs SET checkpoint = @checkpoint, closed = max(closed, @closed), outside_window = outside_window + @outsideWindow,
       not_selected = not_selected + @notSelected, units_done = coalesce(@unitsDone, units_done),
       units_total = coalesce(@unitsTotal, units_total) WHERE id = @id`,
  )
  const note = sqlite.prepare(
    `INSERT INTO job_notes (job_id, kind, file, count, detail) VALUES (@id, @kind, @file, @count, @detail)
     ON CONFLICT DO UPDATE SET count = count + excluded.count`,
  )
  return { progress, note }
}

/** A lane that waits for its filler is not forsaken. */
function prepareTouch({ sqlite }: Pick<Db, 'sqlite'>) {
  return sqlite.prepare<[number, string]>(
    `UPDATE lanes SET touched_at_ms = ?, state = CASE state WHEN 'asleep' THEN 'running' ELSE state END
     WHERE id = (SELECT lane_id FROM jobs WHERE id = ? AND ended_at_ms IS NULL)`,
  )
}

/** Log rows, heads, counters; requests where we hold no body yet. */
function prepareAppend({ sqlite }: Pick<Db, 'sqlite'>) {
  const insertRequest = sqlite.prepare(
    'INSERT INTO requests (connection_id, received_at_ms, source, call, caller_ip, body) VALUES (?, ?, ?, ?, NULL, ?)',
  )
  // A body may have been purged since it was looked at: a log must not point to what is not there.
  const exists = sqlite.prepare<[number], number>('SELECT 1 FROM requests WHERE id = ?').pluck()
  const advance = sqlite
    .prepare<[number, number, number], number>(
      'UPDATE lanes SET head = head + ?, bytes_in = bytes_in + ? WHERE id = ? RETURNING head',
    )
    .pluck()
  const insertLog = sqlite.prepare(
    'INSERT INTO lane_log (lane_id, last_seq, first_seq, request_id, items, sole) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const count = sqlite.prepare(`
    INSERT INTO lane_counts (lane_id, minute, sole, accepted) VALUES (@laneId, 0, @sole, @n), (@laneId, @minute, @sole, @n)
    ON CONFLICT DO UPDATE SET accepted = accepted + excluded.accepted`)

  return (
    laneId: number,
    connectionId: string,
    { references, bodies }: Required<Pick<Filling, 'references' | 'bodies'>>,
    nowMs: number,
  ): number[] => {
    let bytes = 0
    const requestIds: number[] = []
    const rows: { requestId: number | bigint; items: string | null; n: number; sole: boolean }[] = []
    for (const { requestId, items, count: n, sole } of references) {
      if (exists.get(requestId) === undefined) continue
      rows.push({ requestId, items: items === undefined ? null : JSON.stringify(items), n, sole })
    }
    for (const { receivedAtMs, source, call, body, count: n } of bodies) {
      const { lastInsertRowid } = insertRequest.run(connectionId, receivedAtMs, source, call, body)
      rows.push({ requestId: lastInsertRowid, items: null, n, sole: true })
      requestIds.push(Number(lastInsertRowid))
      bytes += body.length
    }
    const total = rows.reduce((sum, { n }) => sum + n, 0)
    if (total === 0) return requestIds
    const head = advance.get(total, bytes, laneId) ?? 0
    let lastSeq = head - total
    for (const { requestId, items, n, sole } of rows) {
      const firstSeq = lastSeq + 1
      lastSeq += n
      insertLog.run(laneId, lastSeq, firstSeq, requestId, items, sole ? 1 : 0)
    }
    for (const sole of [true, false]) {
      const n = rows.reduce((sum, row) => sum + (row.sole === sole ? row.n : 0), 0)
      if (n > 0) count.run({ laneId, minute: minuteOf(nowMs), sole: sole ? 1 : 0, n })
    }
    return requestIds
  }
}
