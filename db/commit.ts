/** The one transaction in which entries end: outcomes, attempts, counters and cursor together. */
import { BridgeError } from '../core/errors.ts'
import { outcomes, type Ending } from '../core/outcome.ts'
import type { Attempt, EndedEntry, LaneStore, Lease } from '../core/ports.ts'
import { prepareCountAttempt } from './attempt-counts.ts'
import type { Db } from './client.ts'
import { minuteOf } from './minute.ts'

type Done = Parameters<LaneStore['commit']>[1]
type Counts = Record<Ending, number>

/** What else is written in the transaction in which entries end: one prepared function a concern. */
export type CommitFollower = (lease: Lease, done: Done) => void

export function prepareCommit(db: Db, followers: readonly CommitFollower[]) {
  const { sqlite } = db
  const advance = sqlite.prepare<[number, number, number, number, number], { head: number }>(
    `UPDATE lanes SET cursor = ?, touched_at_ms = ?, reason = NULL WHERE id = ? AND epoch = ? AND cursor = ? RETURNING head`,
  )
  const touch = sqlite.prepare(
    'UPDATE lanes SET touched_at_ms = max(touched_at_ms, ?), reason = ? WHERE id = ? AND epoch = ?',
  )
  const insertEntry = prepareInsertEntry(sqlite)
  const insertAttempt = sqlite.prepare(`
    INSERT INTO attempts (lane_id, first_seq, last_seq, at_ms, duration_ms, entries, status, code, answer, settings_version)
    VALUES (@laneId, @firstSeq, @lastSeq, @atMs, @durationMs, @entries, @status, @code, @answer, @settingsVersion)`)
  const addCounts = sqlite.prepare(`
    INSERT INTO lane_counts (lane_id, minute, sole, delivered, filtered, skipped, rejected)
    VALUES (@laneId, 0, @sole, @delivered, @filtered, @skipped, @rejected),
           (@laneId, @minute, @sole, @delivered, @filtered, @skipped, @rejected)
    ON CONFLICT DO UPDATE SET delivered = delivered + excluded.delivered, filtered = filtered + excluded.filtered,
      skipped = skipped + excluded.skipped, rejected = rejected + excluded.rejected`)

  const countAttempt = prepareCountAttempt(db)
  const recordAttempt = (laneId: number, attempt: Attempt) => {
    insertAttempt.run({ laneId, ...attempt, status: attempt.status ?? null, answer: attempt.answer ?? null })
    countAttempt(laneId, attempt)
  }

  function commit(lease: Lease, done: Done): Lease {
    const { entries, attempts, settingsVersion, nowMs } = done
    const { laneId, epoch, cursor } = lease
    const next = cursor + entries.length
    assertContiguous(entries, cursor)
    const lane = advance.get(next, nowMs, laneId, epoch, cursor)
    if (!lane) throw lost(lease)
    if (next > lane.head) throw new Error(`entry ${next} ends what was never appended to lane ${laneId}`)
    for (const entry of entries) insertEntry(laneId, entry, nowMs, settingsVersion)
    for (const attempt of attempts) recordAttempt(laneId, attempt)
    for (const [sole, counts] of countBySole(entries)) {
      addCounts.run({ laneId, minute: minuteOf(nowMs), sole: sole ? 1 : 0, ...counts })
    }
    for (const follow of followers) follow(lease, done)
    return { ...lease, cursor: next }
  }

  /** Attempts that ended nothing. */
  commit.fail = (lease: Lease, attempts: Attempt[], reason: string, waitMs = 0): void => {
    // A wait that the vendor asked for is no silence.
    const atMs = (attempts.at(-1)?.atMs ?? 0) + waitMs
    if (touch.run(atMs, reason, lease.laneId, lease.epoch).changes !== 1) throw lost(lease)
    for (const attempt of attempts) recordAttempt(lease.laneId, attempt)
  }
  return commit
}

function prepareInsertEntry(sqlite: Db['sqlite']) {
  const insert = sqlite.prepare(`
    INSERT INTO entries (lane_id, seq, outcome, reason, path, detail, message_id, type, event, user_id, ended_at_ms, settings_version)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  return (laneId: number, entry: EndedEntry, nowMs: number, settingsVersion: number): void => {
    const { seq, reason, path, detail, messageId, type, event, userId } = entry
    insert.run(
      laneId,
      seq,
      outcomes.indexOf(entry.outcome),
      reason ?? null,
      path ?? null,
      detail ?? null,
      messageId,
      type ?? null,
      event ?? null,
      userId ?? null,
      nowMs,
      settingsVersion,
    )
  }
}

/** Another drain has taken the lane. */
export const lost = ({ laneId, epoch }: Lease) =>
  new BridgeError('lane_lost', `epoch ${epoch} of lane ${laneId} is over`)

function assertContiguous(entries: EndedEntry[], cursor: number): void {
  const gap = entries.findIndex((entry, index) => entry.seq !== cursor + 1 + index)
  if (gap !== -1) throw new Error(`entry ${entries[gap]?.seq ?? '?'} does not follow the cursor ${cursor}`)
}

function countBySole(entries: EndedEntry[]): Map<boolean, Counts> {
  const counts = new Map<boolean, Counts>()
  for (const { sole, outcome } of entries) {
    const of = counts.get(sole) ?? { delivered: 0, filtered: 0, skipped: 0, rejected: 0 }
    of[outcome] += 1
    counts.set(sole, of)
  }
  return counts
}
