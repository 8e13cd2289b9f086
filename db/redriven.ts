/** What a redrive took: its originals end when it ends there, or are what they were before. */
import { outcomes, type Ending, type Outcome } from '../core/outcome.ts'
import type { Lease } from '../core/ports.ts'
import type { Db } from './client.ts'
import type { CommitFollower } from './commit.ts'
import { minuteOf } from './minute.ts'

/** Counters of one entry: from one outcome to another, in the totals and in the minute that counted it. */
export function prepareMove({ sqlite }: Pick<Db, 'sqlite'>) {
  const add = Object.fromEntries(
    (['delivered', 'filtered', 'skipped', 'rejected'] as const).map((ending) => [
      ending,
      sqlite.prepare<[number, number, number, number]>(
        `UPDATE lane_counts SET ${ending} = ${ending} + ? WHERE lane_id = ? AND sole = ? AND minute IN (0, ?)`,
      ),
    ]),
  ) as Record<Ending, ReturnType<typeof sqlite.prepare<[number, number, number, number]>>>
  return (
    laneId: number,
    sole: number,
    minute: number,
    from: Outcome | undefined,
    to: Outcome | undefined,
  ): void => {
    if (from !== undefined && from !== 'pending') add[from].run(-1, laneId, sole, minute)
    if (to !== undefined && to !== 'pending') add[to].run(1, laneId, sole, minute)
  }
}

interface TakenRow {
  seq: number
  originLaneId: number
  originSeq: number
  sole: number
  outcome: number
  reason: string | null
  path: string | null
  detail: string | null
  settingsVersion: number
  endedAtMs: number
}

interface NewEnding {
  outcome: Ending
  reason: string | null
  path: string | null
  detail: string | null
  settingsVersion: number
}

/**
 * Ends originals: with what their redrive came to, or, where it never sent them, with what they were before. When an
 * original ended first stays as it was, since retention goes through a lane in that order.
 */
function prepareEndOriginals({ sqlite }: Db) {
  const taken = sqlite.prepare<[number, number, number], TakenRow>(
    `SELECT redriven.seq, origin_lane_id AS originLaneId, origin_seq AS originSeq, sole, redriven.outcome, redriven.reason,
       redriven.path, redriven.detail, redriven.settings_version AS settingsVersion, entry.ended_at_ms AS endedAtMs
     FROM redriven JOIN entries entry ON entry.lane_id = origin_lane_id AND entry.seq = origin_seq
     WHERE redriven.lane_id = ? AND redriven.seq BETWEEN ? AND ? AND open`,
  )
  const close = sqlite.prepare('UPDATE redriven SET open = 0 WHERE lane_id = ? AND seq = ?')
  const end = sqlite.prepare(
    `UPDATE entries SET outcome = @outcome, reason = @reason, path = @path, detail = @detail, settings_version = @settingsVersion
     WHERE lane_id = @laneId AND seq = @seq`,
  )
  const move = prepareMove({ sqlite })
  return (laneId: number, from: number, to: number, endingOf: (row: TakenRow) => NewEnding): void => {
    for (const row of taken.all(laneId, from, to)) {
      const { outcome, ...rest } = endingOf(row)
      const place = { laneId: row.originLaneId, seq: row.originSeq }
      end.run({ outcome: outcomes.indexOf(outcome), ...rest, ...place })
      move(row.originLaneId, row.sole, minuteOf(row.endedAtMs), undefined, outcome)
      close.run(laneId, row.seq)
    }
  }
}

/** What ends in a redrive's lane ends its originals, in the same transaction. */
export function prepareRedriveFollower(db: Db): CommitFollower {
  const endOriginals = prepareEndOriginals(db)
  return ({ laneId, lane }: Lease, { entries, settingsVersion }) => {
    const [first, last] = [entries[0]?.seq, entries.at(-1)?.seq]
    if (!lane.startsWith('redrive:') || first === undefined || last === undefined) return
    endOriginals(laneId, first, last, ({ seq }) => {
      const { outcome = 'rejected', reason, path, detail } = entries[seq - first] ?? {}
      const [newReason, newPath, newDetail] = [reason ?? null, path ?? null, detail ?? null]
      return { outcome, reason: newReason, path: newPath, detail: newDetail, settingsVersion }
    })
  }
}

/** Entries that were taken and not sent are what they were before. */
export function prepareGiveBack(db: Db): (laneId: number, from: number, to: number) => void {
  const endOriginals = prepareEndOriginals(db)
  return (laneId, from, to) =>
    endOriginals(laneId, from, to, ({ outcome, reason, path, detail, settingsVersion }) => ({
      outcome: outcomes[outcome] as Ending,
      ...{ reason, path, detail, settingsVersion },
    }))
}
