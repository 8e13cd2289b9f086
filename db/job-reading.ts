/** What the drain, the planner and the report read of jobs. */
import { hash } from 'node:crypto'
import type { ArchiveFile, JobNote, JobStore, ReportRow, Steering } from '../core/job-ports.ts'
import type { StandingLane } from '../core/lanes.ts'
import { outcomes } from '../core/outcome.ts'
import { immediate, type Db } from './client.ts'
import { jobColumns, toJob, type JobRow } from './job-row.ts'
import { itemAt, logColumns, toLogRow, type LogSqlRow } from './log-row.ts'

type Reading = Pick<
  JobStore,
  | 'byLane'
  | 'steering'
  | 'isDrained'
  | 'liveLagMs'
  | 'putFiles'
  | 'file'
  | 'filesHeld'
  | 'notes'
  | 'report'
  | 'claimed'
  | 'heads'
  | 'windowRows'
  | 'request'
>

export function createJobReading(db: Db): Reading {
  const { sqlite } = db
  const byLane = sqlite.prepare<[string, string], JobRow>(
    `SELECT ${jobColumns} FROM jobs job JOIN lanes lane ON lane.id = job.lane_id WHERE lane.connection_id = ? AND lane.name = ?`,
  )
  const heads = sqlite
    .prepare<[string, string], number>('SELECT head FROM lanes WHERE connection_id = ? AND name = ?')
    .pluck()
  const request = sqlite.prepare<[number], Pick<LogSqlRow, 'source' | 'call' | 'receivedAtMs' | 'callerIp'>>(
    'SELECT source, call, received_at_ms AS receivedAtMs, caller_ip AS callerIp FROM requests WHERE id = ?',
  )
  return {
    async byLane(connectionId, lane) {
      const row = byLane.get(connectionId, lane)
      return row && toJob(row)
    },
    ...prepareSteering(db),
    ...prepareFiles(db),
    report: prepareReport(db),
    claimed: prepareClaimed(db),
    async heads(connectionId, lanes) {
      return Object.fromEntries(lanes.map((lane) => [lane, heads.get(connectionId, lane) ?? 0]))
    },
    windowRows: prepareWindowRows(db),
    async request(requestId) {
      const row = request.get(requestId)
      return row && { ...row, callerIp: row.callerIp ?? undefined }
    },
  }
}

/** The outbound lane waits so long on purpose, to fill its requests; a lane that rests until its hour is touched by then. */
const fillMs = 6_000

function prepareSteering({ sqlite }: Db): Pick<Reading, 'steering' | 'isDrained' | 'liveLagMs'> {
  interface Row extends Omit<Steering, 'rate' | 'over' | 'closed' | 'ageAtMs'> {
    rate: number | null
    over: number
    closed: number
    ageAtMs: number | null
  }
  const steering = sqlite.prepare<[number], Row>(
    `SELECT rate, status IN ('cancelled', 'failed', 'completed') OR ended_at_ms IS NOT NULL AS over, closed, handler,
       CASE kind WHEN 'redrive' THEN NULL ELSE created_at_ms END AS ageAtMs FROM jobs WHERE lane_id = ?`,
  )
  const drained = sqlite
    .prepare<[number], number>(
      'SELECT 1 FROM jobs job JOIN lanes lane ON lane.id = job.lane_id WHERE lane.id = ? AND job.closed AND lane.head = lane.cursor',
    )
    .pluck()
  const oldest = sqlite
    .prepare<[number], number | null>(
      `SELECT min((SELECT request.received_at_ms FROM lane_log log JOIN requests request ON request.id = log.request_id
         WHERE log.lane_id = lane.id AND log.last_seq > lane.cursor ORDER BY log.last_seq LIMIT 1) + CASE lane.name WHEN 'outbound' THEN ${fillMs} ELSE 0 END)
       FROM lanes lane WHERE lane.head > lane.cursor AND lane.state IN ('running', 'asleep') AND NOT lane.paused
         AND lane.name IN ('events', 'audiences', 'outbound', 'forward')
         AND (lane.state = 'running' OR lane.name = 'events') AND lane.touched_at_ms <= ?
         AND NOT (SELECT paused FROM connections WHERE id = lane.connection_id)`,
    )
    .pluck()
  return {
    async steering(laneId) {
      const row = steering.get(laneId)
      if (!row) return undefined
      return {
        handler: row.handler,
        rate: row.rate ?? undefined,
        over: row.over === 1,
        closed: row.closed === 1,
        ageAtMs: row.ageAtMs ?? undefined,
      }
    },
    isDrained: async (laneId) => drained.get(laneId) === 1,
    async liveLagMs(nowMs) {
      const atMs = oldest.get(nowMs)
      return atMs === null || atMs === undefined ? 0 : Math.max(0, nowMs - atMs)
    },
  }
}

function prepareFiles(db: Db): Pick<Reading, 'putFiles' | 'file' | 'filesHeld' | 'notes'> {
  const { sqlite } = db
  const put = sqlite.prepare(
    'INSERT INTO job_files (job_id, n, file, etag, bytes) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET file = excluded.file, etag = excluded.etag, bytes = excluded.bytes',
  )
  const forget = sqlite.prepare('DELETE FROM job_files WHERE job_id = ?')
  const get = sqlite.prepare<[string, number], ArchiveFile>(
    'SELECT file, etag, bytes FROM job_files WHERE job_id = ? AND n = ?',
  )
  const held = sqlite.prepare<[string], { files: number; bytes: number }>(
    'SELECT count(*) AS files, coalesce(sum(bytes), 0) AS bytes FROM job_files WHERE job_id = ?',
  )
  const notes = sqlite.prepare<[string], Omit<JobNote, 'detail'> & { detail: string | null }>(
    'SELECT kind, file, count, detail FROM job_notes WHERE job_id = ? ORDER BY id',
  )
  return {
    async putFiles(id, from, files) {
      await immediate(db, () => {
        if (from === 0) forget.run(id)
        files.forEach(({ file, etag, bytes }, index) => put.run(id, from + index, file, etag, bytes))
      })
    },
    file: async (id, n) => get.get(id, n),
    filesHeld: async (id) => held.get(id) as { files: number; bytes: number },
    notes: async (id) => notes.all(id).map((row) => ({ ...row, detail: row.detail ?? undefined })),
  }
}

interface ReportSqlRow extends Omit<LogSqlRow, 'outcome'> {
  seq: number
  outcome: number
  messageId: string | null
  type: string | null
  event: string | null
  userId: string | null
  reason: string | null
  path: string | null
  detail: string | null
}

function prepareReport({ sqlite }: Db): Reading['report'] {
  const rows = sqlite.prepare<[string, number, number], ReportSqlRow>(
    `SELECT entry.seq, entry.outcome, entry.reason, entry.path, entry.detail, entry.message_id AS messageId, entry.type,
       entry.event, entry.user_id AS userId, ${logColumns}
     FROM jobs job JOIN entries entry ON entry.lane_id = job.lane_id
       JOIN lane_log log ON log.lane_id = entry.lane_id AND log.last_seq =
         (SELECT min(last_seq) FROM lane_log WHERE lane_id = entry.lane_id AND last_seq >= entry.seq)
       JOIN requests request ON request.id = log.request_id
     WHERE job.id = ? AND entry.seq > ? AND entry.outcome <> ${outcomes.indexOf('delivered')} ORDER BY entry.seq LIMIT ?`,
  )
  return async (id, afterSeq, limit) =>
    rows.all(id, afterSeq, limit).map((row): ReportRow => {
      const log = toLogRow(row)
      return {
        seq: row.seq,
        outcome: outcomes[row.outcome] ?? 'pending',
        messageId: row.messageId ?? undefined,
        type: row.type ?? undefined,
        event: row.event ?? undefined,
        userId: row.userId ?? undefined,
        reason: row.reason ?? undefined,
        path: row.path ?? undefined,
        detail: row.detail ?? undefined,
        requestId: row.requestId,
        item: itemAt(log, row.seq),
      }
    })
}

/** Settled claims and blocks that are not folded yet; a dry run asks this, so it need not be fast. */
function prepareClaimed({ sqlite }: Db): Reading['claimed'] {
  const scope = sqlite.prepare<[string], { n: number; kind: string }>(
    'SELECT connection.n, job.kind FROM jobs job JOIN connections connection ON connection.id = job.connection_id WHERE job.id = ?',
  )
  const settled = sqlite
    .prepare<[number, Buffer], number>('SELECT 1 FROM claims WHERE scope = ? AND hash = ?')
    .pluck()
  const blocks = sqlite.prepare<[number], { hashes: Buffer; released: number }>(
    'SELECT hashes, released FROM claim_blocks WHERE scope = ? ORDER BY id',
  )
  return async (id, messageIds) => {
    const of = scope.get(id)
    if (!of) return new Set()
    const inScope = of.n * 2 + (of.kind === 'export' ? 1 : 0)
    const recent = new Map<string, boolean>()
    for (const { hashes, released } of blocks.all(inScope))
      for (let at = 0; at < hashes.length; at += 16)
        recent.set(hashes.toString('latin1', at, at + 16), released === 0)
    return new Set(
      messageIds.filter((messageId) => {
        const key = hash('sha256', messageId, 'buffer').subarray(0, 16)
        return recent.get(key.toString('latin1')) ?? settled.get(inScope, key) === 1
      }),
    )
  }
}

function prepareWindowRows({ sqlite }: Db): Reading['windowRows'] {
  const rows = sqlite.prepare<[string, StandingLane, number, number, number], LogSqlRow>(
    `SELECT ${logColumns} FROM lanes lane JOIN lane_log log ON log.lane_id = lane.id
       JOIN requests request ON request.id = log.request_id
     WHERE lane.connection_id = ? AND lane.name = ? AND log.last_seq > ? AND log.last_seq <= ?
     ORDER BY log.last_seq LIMIT ?`,
  )
  return async (connectionId, lane, { after, upTo, fromMs, toMs, limit }) => {
    const looked = rows.all(connectionId, lane, after, upTo, limit)
    const isInside = ({ receivedAtMs }: LogSqlRow) => receivedAtMs >= fromMs && receivedAtMs < toMs
    return {
      rows: looked.filter(isInside).map(toLogRow),
      lookedUpTo: looked.length < limit ? upTo : (looked.at(-1)?.lastSeq ?? upTo),
      outside: looked
        .filter((row) => !isInside(row))
        .map(({ firstSeq, lastSeq }) => ({ lastSeq, count: lastSeq - firstSeq + 1 })),
    }
  }
}
