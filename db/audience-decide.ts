/** A person's word on removals that the guard holds back. */
import type { Audience, AudienceStore } from '../core/audience-ports.ts'
import { BridgeError } from '../core/errors.ts'
import { appliedAfter, prepareIsInFlight, prepareTally, Tally, type Standing } from './audience-row.ts'
import { immediate, type Db } from './client.ts'

const rowsMax = 1_000

export function prepareDecide(
  db: Db,
  load: (connectionId: string, key: string) => Audience,
): AudienceStore['decide'] {
  const { sqlite } = db
  const keepPage = prepareKeepPage(db)
  const approve = sqlite.prepare(
    `UPDATE audiences SET approved = ?, guard = NULL, state = 'idle', reason = NULL, updated_at_ms = ? WHERE n = ?`,
  )
  return async (connectionId, key, verdict, nowMs) => {
    const audience = load(connectionId, key)
    const { n, guard } = audience
    if (!guard) throw new BridgeError('nothing_held', `No removals of ${key} wait.`)
    if (verdict === 'approve') {
      await immediate(db, () => approve.run(guard.planned, nowMs, n))
      return guard.planned
    }
    let kept = 0
    for (;;) {
      const step = await immediate(db, () => keepPage(n, nowMs))
      kept += step
      if (step < rowsMax) break
      await new Promise((resolve) => setImmediate(resolve))
    }
    await immediate(db, () => approve.run(0, nowMs, n))
    return kept
  }
}

/**
 * Who was to go stays a member from now on: older words are stale, so that a copy of an exit that comes again does not
 * plan it anew, and a later exit counts.
 */
function prepareKeepPage(db: Db): (n: number, nowMs: number) => number {
  const addTally = prepareTally(db)
  const due = db.sqlite.prepare<[number], Standing & { id: string }>(
    `SELECT unit_id AS id, desired, applied FROM audience_members
     WHERE audience = ? AND desired = 0 AND desired <> applied ORDER BY unit_id LIMIT ${rowsMax}`,
  )
  const keep = db.sqlite.prepare(
    'UPDATE audience_members SET desired = 1, applied = ?, at_ms = ?, at_ns = 0, error = NULL WHERE audience = ? AND unit_id = ?',
  )
  const isInFlight = prepareIsInFlight(db)
  return (n, nowMs) => {
    const tally = new Tally()
    const inFlight = isInFlight(n)
    const page = due.all(n)
    for (const row of page) {
      const applied = appliedAfter(row, 1, inFlight)
      tally.move(row, { desired: 1, applied })
      keep.run(applied, nowMs, n, row.id)
    }
    addTally(n, tally)
    return page.length
  }
}
