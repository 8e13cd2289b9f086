/** A job's pace, written with the outcomes. What became of its entries is in the counters of its lane. */
import { measure } from '../core/pace.ts'
import type { Db } from './client.ts'
import type { CommitFollower } from './commit.ts'

interface Row {
  done: number
  markDone: number
  markAtMs: number
  perSecond: number
}

export function prepareJobFollower({ sqlite }: Db): CommitFollower {
  const read = sqlite.prepare<[number], Row>(
    'SELECT done, mark_done AS markDone, mark_at_ms AS markAtMs, per_second AS perSecond FROM jobs WHERE lane_id = ?',
  )
  const write = sqlite.prepare(
    'UPDATE jobs SET done = ?, mark_done = ?, mark_at_ms = ?, per_second = ? WHERE lane_id = ?',
  )
  return ({ laneId, lane }, { entries, nowMs }) => {
    if (!lane.includes(':')) return
    const row = read.get(laneId)
    if (!row) return
    const done = row.done + entries.length
    const mark = measure({ done: row.markDone, atMs: row.markAtMs, perSecond: row.perSecond }, done, nowMs)
    write.run(done, mark.done, mark.atMs, mark.perSecond, laneId)
  }
}
