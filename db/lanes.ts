/**
 * The drain's side of a lane: lease, read, claim, commit. A commit says which epoch and cursor it builds on; where
 * they are not the lane's any more, an older drain is still running somewhere and writes nothing.
 */
import { BridgeError } from '../core/errors.ts'
import type { LaneName } from '../core/lanes.ts'
import type { LaneStatus, LaneStore, Lease, LogRow, RefusedKey } from '../core/ports.ts'
import { prepareCatalogueCount } from './catalogue-count.ts'
import { prepareClaims } from './claims.ts'
import { immediate, type Db } from './client.ts'
import { lost, prepareCommit } from './commit.ts'
import { prepareDeleteEvents } from './delete-events.ts'
import { prepareForgetLate } from './erase-bodies.ts'
import { prepareJobFollower } from './job-follower.ts'
import { prepareOutboundLanes, prepareRememberOnce } from './outbound-lanes.ts'
import { prepareRedriveFollower } from './redriven.ts'
import { prepareSearchBlocks } from './search-blocks.ts'
import { hashKey, type SecretBox } from './secret-box.ts'
import { logColumns, toLogRow, type LogSqlRow } from './log-row.ts'

type Held = { held: 'paused' | 'needs_attention'; cursor: number }

interface LeaseRow {
  laneId: number
  epoch: number
  cursor: number
  paused: number
  state: LaneStatus
}

const isPaused = '(lane.paused OR (SELECT paused FROM connections WHERE id = lane.connection_id))'

export function createLaneStore(db: Db, box: SecretBox): LaneStore {
  const { sqlite } = db
  const claims = prepareClaims(db)
  // One line a concern that is written with the outcomes.
  const commit = prepareCommit(db, [
    (lease, done) => claims.giveBackUndelivered(lease, done),
    prepareDeleteEvents(db, box),
    prepareForgetLate(db),
    prepareJobFollower(db),
    prepareRedriveFollower(db),
    prepareCatalogueCount(db),
    prepareSearchBlocks(db),
    prepareRememberOnce(db),
  ])
  const readLog = prepareRead(db)
  const body = sqlite.prepare<[number], { body: Buffer }>('SELECT body FROM requests WHERE id = ?')
  const current = sqlite.prepare<[number], { epoch: number; paused: number }>(
    `SELECT epoch, ${isPaused} AS paused FROM lanes lane WHERE id = ?`,
  )
  const sleepIfEmpty = sqlite.prepare<[number, number]>(
    `UPDATE lanes SET state = 'asleep', reason = NULL WHERE id = ? AND epoch = ? AND head = cursor`,
  )

  return {
    open: async (connectionId, lane, nowMs) => immediate(db, () => takeLane(db, connectionId, lane, nowMs)),
    read: async (lease, max) => readLog(lease, max),
    async body(requestId) {
      const row = body.get(requestId)
      if (!row) throw new Error(`request ${requestId} is gone while entries of it are pending`)
      return row.body
    },
    async check({ laneId, epoch }) {
      const row = current.get(laneId)
      if (row?.epoch !== epoch) return 'lost'
      return row.paused === 1 ? 'paused' : 'ours'
    },
    async claim(lease, entries, nowMs) {
      const duplicates = await immediate(db, () => {
        if (current.get(lease.laneId)?.epoch !== lease.epoch) throw lost(lease)
        return claims.claim(lease, entries, nowMs)
      })
      await claims.foldWhenDue()
      return duplicates
    },
    commit: async (lease, done) => immediate(db, () => commit(lease, done)),
    fail: async (lease, attempts, reason, waitMs) =>
      immediate(db, () => commit.fail(lease, attempts, reason, waitMs)),
    hold: async (lease, state, reason, nowMs, refused) =>
      immediate(db, () => {
        const isOver = refused !== undefined && isReplaced(db, lease, refused)
        holdLane(db, lease, isOver ? 'asleep' : state, isOver ? undefined : reason, nowMs)
      }),
    sleep: async ({ laneId, epoch }) => immediate(db, () => sleepIfEmpty.run(laneId, epoch).changes === 1),
    ...prepareOutboundLanes(db),
    sentToSegment: async (lease, messageIds) => immediate(db, () => claims.sentToSegment(lease, messageIds)),
    forsaken: async (silentSinceMs) => selectForsaken(db, silentSinceMs),
    version: () => Number(sqlite.pragma('data_version', { simple: true })),
  }
}

function takeLane({ sqlite }: Db, connectionId: string, lane: LaneName, nowMs: number): Lease | Held {
  const row = sqlite
    .prepare<[string, string], LeaseRow>(
      `SELECT id AS laneId, epoch, cursor, state, ${isPaused} AS paused FROM lanes lane WHERE connection_id = ? AND name = ?`,
    )
    .get(connectionId, lane)
  if (!row) throw new BridgeError('not_found', `Connection ${connectionId} has no lane ${lane}.`)
  // What needs attention goes on needing it when a pause comes and goes.
  const held = row.state === 'needs_attention' ? row.state : row.paused === 1 ? 'paused' : undefined
  const state = held ?? 'running'
  // A drain that fails again and again takes the lane each time: that alone is no sign of life.
  const touchedAtMs = row.state === 'running' ? null : nowMs
  sqlite
    .prepare(
      'UPDATE lanes SET epoch = epoch + 1, state = ?, touched_at_ms = coalesce(?, touched_at_ms) WHERE id = ?',
    )
    .run(state, touchedAtMs, row.laneId)
  if (held !== undefined) return { held, cursor: row.cursor }
  return { laneId: row.laneId, connectionId, lane, epoch: row.epoch + 1, cursor: row.cursor }
}

/**
 * A held lane belongs to the person who must act; the connection shows it. A pause that ended since the drain saw it
 * leaves the lane asleep, so that it is woken and not held for ever.
 */
function holdLane(
  { sqlite }: Db,
  lease: Lease,
  state: 'asleep' | 'paused' | 'needs_attention',
  reason: string | undefined,
  nowMs: number,
): void {
  const { laneId, epoch, connectionId } = lease
  const held = sqlite
    .prepare(
      `UPDATE lanes AS lane SET state = CASE WHEN @state = 'paused' AND NOT ${isPaused} THEN 'asleep' ELSE @state END,
         reason = @reason, touched_at_ms = @nowMs WHERE id = @laneId AND epoch = @epoch`,
    )
    .run({ state, reason: reason ?? null, nowMs, laneId, epoch })
  if (held.changes === 0) throw lost(lease)
  if (state === 'needs_attention') {
    sqlite
      .prepare(
        `UPDATE connections SET status = 'needs_attention' WHERE id = ? AND status NOT IN ('connecting', 'disconnecting')`,
      )
      .run(connectionId)
  }
}

/** Whether another key is set by now than the one that was refused, or missing. */
function isReplaced({ sqlite }: Db, { connectionId }: Lease, { kind, key }: RefusedKey): boolean {
  const row = sqlite
    .prepare<[string, string], { hash: string | null }>(
      'SELECT hash FROM connection_keys WHERE connection_id = ? AND kind = ?',
    )
    .get(connectionId, kind)
  if (key === undefined || row === undefined) return (key === undefined) !== (row === undefined)
  return row.hash !== null && row.hash !== hashKey(key)
}

/** Reads row by row until enough entries are covered, so that a lane of large requests is not read ahead. */
function prepareRead({ sqlite }: Db): (lease: Lease, max: number) => LogRow[] {
  const rows = sqlite.prepare<[number, number], LogSqlRow>(`
    SELECT ${logColumns} FROM lane_log log JOIN requests request ON request.id = log.request_id
    WHERE log.lane_id = ? AND log.last_seq > ? ORDER BY log.last_seq`)
  return ({ laneId, cursor }, max) => {
    const found: LogRow[] = []
    for (const row of rows.iterate(laneId, cursor)) {
      found.push(toLogRow(row))
      if (row.lastSeq - cursor >= max) break
    }
    return found
  }
}

/** See `LaneStore.forsaken`. A held lane is a person's business and is not listed. */
function selectForsaken({ sqlite }: Db, silentSinceMs: number) {
  return sqlite
    .prepare<[number], { connectionId: string; lane: LaneName; state: LaneStatus }>(
      `SELECT lane.connection_id AS connectionId, lane.name AS lane, lane.state FROM lanes lane
       WHERE NOT ${isPaused}
         AND CASE instr(lane.name, ':') WHEN 0 THEN lane.head > lane.cursor
           ELSE EXISTS (SELECT 1 FROM jobs WHERE lane_id = lane.id AND ended_at_ms IS NULL) END
         AND (lane.state = 'asleep' OR (lane.state = 'running' AND lane.touched_at_ms < ?))`,
    )
    .all(silentSinceMs)
}
