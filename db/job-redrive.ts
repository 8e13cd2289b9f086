/**
 * Redrive: ended entries are taken back into the way. What is taken is pending again in the same transaction that puts
 * it into the redrive's lane, so that a crash or a second call takes nothing twice; when it ends there, the original
 * ends with it. Counters of the original move within the minute that counted it first.
 */
import type { JobStore, RedriveStep } from '../core/job-ports.ts'
import type { RedriveSpec } from '../core/jobs.ts'
import { outcomes } from '../core/outcome.ts'
import type { LogRow } from '../core/ports.ts'
import { immediate, type Db } from './client.ts'
import type { JobFill } from './job-fill.ts'
import { itemAt, prepareLogAt } from './log-row.ts'
import { minuteOf } from './minute.ts'
import { prepareMove } from './redriven.ts'

/** Positions that one transaction looks at. */
const positionsMax = 2_000
/** Of what was skipped, only this may come to another end. */
const skippedTaken = ['too_old', 'type_off']

interface EndedSqlRow {
  seq: number
  outcome: number
  reason: string | null
  path: string | null
  detail: string | null
  messageId: string | null
  endedAtMs: number
  settingsVersion: number
}

/** Which lane is looked at, and up to where. Kept as the job's checkpoint. */
interface Place {
  lane: number
  seq: number
}

export function createRedrive(db: Db, fill: JobFill): JobStore['redrive'] {
  const { sqlite } = db
  const spec = sqlite.prepare<
    [string],
    { spec: string; laneId: number; connectionId: string; checkpoint: string | null }
  >('SELECT spec, lane_id AS laneId, connection_id AS connectionId, checkpoint FROM jobs WHERE id = ?')
  const origin = sqlite.prepare<[string, string], { id: number; cursor: number }>(
    'SELECT id, cursor FROM lanes WHERE connection_id = ? AND name = ?',
  )
  const select = prepareSelect(db)
  const take = prepareTake(db)

  return async (lease, max, nowMs) =>
    immediate(db, (): RedriveStep => {
      const state = fill.state(lease)
      const job = spec.get(lease.jobId)
      if (!job || state.status !== 'running') return { ...state, taken: 0, done: false }
      const wanted = JSON.parse(job.spec) as RedriveSpec
      const place = (job.checkpoint === null ? { lane: 0, seq: 0 } : JSON.parse(job.checkpoint)) as Place
      const name = wanted.lanes[place.lane]
      const lane = name === undefined ? undefined : origin.get(job.connectionId, name)
      if (!lane)
        return { ...fill.append(lease, { checkpoint: place, closed: true }, nowMs), taken: 0, done: true }
      const found = select(lane, place.seq, wanted, max)
      const references = take(job.laneId, lane.id, found.entries)
      const isEnd = found.upTo >= lane.cursor
      const checkpoint: Place = isEnd
        ? { lane: place.lane + 1, seq: 0 }
        : { lane: place.lane, seq: found.upTo }
      const after = fill.append(lease, { references, checkpoint }, nowMs)
      return { ...after, taken: found.entries.length, done: false }
    })
}

interface Found extends EndedSqlRow {
  row: LogRow
}

/** Entries behind a position that fit; `upTo`: every position up to there has been looked at. */
function prepareSelect({ sqlite }: Db) {
  const ended = sqlite.prepare<[number, number, number], EndedSqlRow>(
    `SELECT seq, outcome, reason, path, detail, message_id AS messageId, ended_at_ms AS endedAtMs,
       settings_version AS settingsVersion FROM entries WHERE lane_id = ? AND outcome = ? AND seq > ? ORDER BY seq
     LIMIT ${positionsMax}`,
  )
  const logAt = prepareLogAt({ sqlite })
  const fits = ({ reason, messageId }: EndedSqlRow, spec: RedriveSpec) =>
    (spec.outcome !== 'skipped' || skippedTaken.includes(reason ?? '')) &&
    (spec.messageIds === undefined || (messageId !== null && spec.messageIds.includes(messageId)))

  return (
    lane: { id: number; cursor: number },
    after: number,
    spec: RedriveSpec,
    max: number,
  ): { entries: Found[]; upTo: number } => {
    const rows = ended.all(lane.id, outcomes.indexOf(spec.outcome), after)
    const entries: Found[] = []
    let log: LogRow | undefined
    for (const row of rows) {
      if (!fits(row, spec)) continue
      if (log === undefined || row.seq > log.lastSeq) log = logAt(lane.id, row.seq)
      // Its body has been purged: there is nothing to send.
      if (log === undefined) continue
      const { sinceMs = -Infinity, untilMs = Infinity } = spec
      if (log.receivedAtMs < sinceMs || log.receivedAtMs >= untilMs) continue
      entries.push({ ...row, row: log })
      if (entries.length === max) return { entries, upTo: row.seq }
    }
    return { entries, upTo: rows.length < positionsMax ? lane.cursor : (rows.at(-1)?.seq ?? lane.cursor) }
  }
}

/** Makes the originals pending, and answers what the redrive's lane is to hold, in order. */
function prepareTake({ sqlite }: Db) {
  const head = sqlite.prepare<[number], number>('SELECT head FROM lanes WHERE id = ?').pluck()
  const remember = sqlite.prepare(
    `INSERT INTO redriven (lane_id, seq, origin_lane_id, origin_seq, sole, outcome, reason, path, detail, settings_version)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const makePending = sqlite.prepare(
    `UPDATE entries SET outcome = ${outcomes.indexOf('pending')}, reason = NULL, path = NULL, detail = NULL
     WHERE lane_id = ? AND seq = ?`,
  )
  const move = prepareMove({ sqlite })

  return (laneId: number, originId: number, entries: Found[]) => {
    let seq = head.get(laneId) ?? 0
    const references: { requestId: number; items: number[]; count: number; sole: boolean }[] = []
    for (const { row, ...entry } of entries) {
      seq += 1
      const { outcome, reason, path, detail, settingsVersion } = entry
      const sole = row.sole ? 1 : 0
      remember.run(laneId, seq, originId, entry.seq, sole, outcome, reason, path, detail, settingsVersion)
      makePending.run(originId, entry.seq)
      move(originId, sole, minuteOf(entry.endedAtMs), outcomes[outcome], undefined)
      const item = itemAt(row, entry.seq)
      const last = references.at(-1)
      if (last?.requestId === row.requestId && last.sole === row.sole) last.count = last.items.push(item)
      else references.push({ requestId: row.requestId, items: [item], count: 1, sole: row.sole })
    }
    return references
  }
}
