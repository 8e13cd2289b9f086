/** Jobs as the control plane and their workflow see them: made, steered, ended, listed. */
import { BridgeError } from '../core/errors.ts'
import type { Job, JobStore, NewJob } from '../core/job-ports.ts'
import { isOver, jobLane } from '../core/jobs.ts'
import { immediate, type Db } from './client.ts'
import { createJobFill } from './job-fill.ts'
import { jobColumns, toJob, type JobRow } from './job-row.ts'
import { purgeJobs } from './job-purge.ts'
import { createJobReading } from './job-reading.ts'
import { createRedrive } from './job-redrive.ts'
import { createUnsent } from './job-unsent.ts'

export function createJobStore(db: Db): JobStore {
  const { sqlite } = db
  const byId = sqlite.prepare<[string], JobRow>(`SELECT ${jobColumns} FROM jobs job WHERE id = ?`)
  const load = (id: string): Job => {
    const row = byId.get(id)
    if (!row) throw new BridgeError('not_found', `There is no replay, export or redrive ${id}.`)
    return toJob(row)
  }
  const fill = createJobFill(db)
  const reading = createJobReading(db)
  const dropUnsent = createUnsent(db)
  const savePlan = sqlite.prepare('UPDATE jobs SET plan = ? WHERE id = ?')
  const begin = sqlite.prepare(
    `UPDATE jobs SET status = 'running', started_at_ms = ? WHERE id = ? AND status = 'planned' AND NOT dry_run`,
  )

  return {
    create: async (job) => immediate(db, () => (insert(db, job), load(job.id))),
    async get(id) {
      const row = byId.get(id)
      return row && toJob(row)
    },
    purge: (endedBeforeMs) => purgeJobs(db, endedBeforeMs),
    list: async (query, page) => list(db, query, page),
    begin: async (id, nowMs) =>
      immediate(db, () => {
        begin.run(nowMs, id)
        fill.touch(id, nowMs)
        return load(id)
      }),
    steer: async (id, change, nowMs) =>
      immediate(db, () => {
        steer(db, load(id), change, nowMs)
        return load(id)
      }),
    async savePlan(id, plan) {
      await immediate(db, () => savePlan.run(JSON.stringify(plan), id))
    },
    async end(id, how, error, nowMs) {
      const job = load(id)
      if (job.endedAtMs !== undefined) return job
      await immediate(db, () => close(db, id, how, error))
      await dropUnsent(job)
      await immediate(db, () => finish(db, load(id), nowMs))
      return load(id)
    },
    touch: async (id, nowMs) => immediate(db, () => fill.touch(id, nowMs)),
    openFill: async (id, nowMs) => immediate(db, () => fill.open(id, nowMs)),
    fill: async (lease, filling, nowMs) => immediate(db, () => fill.append(lease, filling, nowMs)),
    fillState: async (lease) => fill.state(lease),
    redrive: createRedrive(db, fill),
    ...reading,
  }
}

function insert({ sqlite }: Db, job: NewJob): void {
  const { id, kind, connectionId, spec, rate, force, handler, dryRun, nowMs } = job
  const known = sqlite.prepare('SELECT 1 FROM connections WHERE id = ?').get(connectionId)
  if (known === undefined) throw new BridgeError('not_found', `There is no connection ${connectionId}.`)
  const { lastInsertRowid } = sqlite
    .prepare('INSERT INTO lanes (connection_id, name, touched_at_ms) VALUES (?, ?, ?)')
    .run(connectionId, jobLane(kind, id), nowMs)
  sqlite
    .prepare(
      `INSERT INTO jobs (id, kind, connection_id, lane_id, spec, status, rate, force, handler, dry_run, created_at_ms)
       VALUES (?, ?, ?, ?, ?, 'planned', ?, ?, ?, ?, ?)`,
    )
    .run(
      ...[id, kind, connectionId, lastInsertRowid, JSON.stringify(spec), rate ?? null],
      ...[force ? 1 : 0, handler, dryRun ? 1 : 0, nowMs],
    )
}

function list({ sqlite }: Db, { kind, connectionId }: Parameters<JobStore['list']>[0], page: Page): Job[] {
  const place = sqlite.prepare<[string], number>('SELECT n FROM jobs WHERE id = ?').pluck()
  const before = page.after === undefined ? undefined : place.get(page.after)
  return sqlite
    .prepare<[object], JobRow>(
      `SELECT ${jobColumns} FROM jobs job WHERE kind = @kind AND (@connectionId IS NULL OR connection_id = @connectionId)
         AND (@before IS NULL OR n < @before) ORDER BY n DESC LIMIT @limit`,
    )
    .all({ kind, connectionId: connectionId ?? null, before: before ?? null, limit: page.limit })
    .map(toJob)
}
type Page = Parameters<JobStore['list']>[1]

/** A job's pause is its lane's own pause, so that the drain sees it before its next request. */
function steer({ sqlite }: Db, job: Job, change: Parameters<JobStore['steer']>[1], nowMs: number): void {
  const { id, laneId, status } = job
  if (change === 'cancel' && status === 'cancelled') return
  // A workflow that gives up may have to say so twice.
  if (typeof change === 'object' && 'fail' in change && isOver(status)) return
  if (isOver(status) || job.endedAtMs !== undefined)
    throw new BridgeError('job_over', `${job.kind} ${id} is ${status}.`)
  const set = (next: string) => sqlite.prepare('UPDATE jobs SET status = ? WHERE id = ?').run(next, id)
  const hold = (paused: 0 | 1) =>
    sqlite
      .prepare(
        `UPDATE lanes SET paused = @paused, touched_at_ms = @nowMs,
           state = CASE WHEN state = 'paused' AND NOT @paused THEN 'running' ELSE state END WHERE id = @laneId`,
      )
      .run({ paused, nowMs, laneId })
  if (typeof change === 'object' && 'fail' in change) {
    set('failed')
    sqlite.prepare('UPDATE jobs SET error = ? WHERE id = ?').run(change.fail, id)
    hold(1)
  } else if (typeof change === 'object') {
    sqlite.prepare('UPDATE jobs SET rate = ? WHERE id = ?').run(change.rate, id)
  } else if (change === 'pause') {
    set('paused')
    hold(1)
  } else if (change === 'resume') {
    if (status === 'paused') set(job.startedAtMs === undefined ? 'planned' : 'running')
    hold(0)
  } else {
    set('cancelled')
    hold(1)
  }
}

/** From here on nothing is appended and nothing sent. A cancelled job stays cancelled. */
function close({ sqlite }: Db, id: string, how: 'completed' | 'failed', error: string | undefined): void {
  sqlite
    .prepare(
      `UPDATE jobs SET closed = 1, fill_epoch = fill_epoch + 1, error = coalesce(?, error),
         status = CASE WHEN status IN ('cancelled', 'failed') OR (dry_run AND ? = 'completed') THEN status ELSE ? END
       WHERE id = ? AND ended_at_ms IS NULL`,
    )
    .run(error ?? null, how, how, id)
}

/** Its lane stays with its counts, and nobody looks after it any more. */
function finish({ sqlite }: Db, job: Job, nowMs: number): void {
  const { delivered, filtered, skipped, rejected } = job.totals
  const lastedMs = Math.max(1, nowMs - (job.startedAtMs ?? nowMs))
  const perSecond = Math.round(((delivered + filtered + skipped + rejected) * 1000) / lastedMs)
  sqlite
    .prepare('UPDATE jobs SET ended_at_ms = ?, per_second = ? WHERE id = ? AND ended_at_ms IS NULL')
    .run(nowMs, perSecond, job.id)
  sqlite
    .prepare(`UPDATE lanes SET state = 'asleep', paused = 0, reason = NULL, epoch = epoch + 1 WHERE id = ?`)
    .run(job.laneId)
}
