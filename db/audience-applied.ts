/** What is on the lists as far as we were told: marked after each call, corrected by a comparison, read to plan calls. */
import type { AudienceStore, DueKind } from '../core/audience-ports.ts'
import { prepareTally, Tally, type Standing } from './audience-row.ts'
import { immediate, type Db } from './client.ts'
import { minuteOf } from './minute.ts'

type Applied = Pick<
  AudienceStore,
  'due' | 'dueCounts' | 'desiredIds' | 'markSent' | 'markRefused' | 'forgetApplied' | 'adopt' | 'ledger'
> &
  Pick<AudienceStore, 'correctApplied' | 'removalHistory'>

/** Rows that one transaction changes: a few milliseconds. */
const rowsMax = 1_000
const desiredOf: Record<DueKind, number> = { add: 1, remove: 0, erase: 2 }
const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export function prepareApplied(db: Db): Applied {
  const { sqlite } = db
  const reads = prepareReads(db)
  const setApplied = prepareSetApplied(db)
  const note = prepareHistory(db)
  const refuse = sqlite.prepare('UPDATE audience_members SET error = ? WHERE audience = ? AND unit_id = ?')
  const history = sqlite.prepare<[number, number], { sent: number | null; appliedMax: number | null }>(
    'SELECT sum(removed) AS sent, max(applied_max) AS appliedMax FROM audience_history WHERE audience = ? AND minute >= ?',
  )

  /** In short transactions, with room for others in between. */
  async function inChunks(ids: readonly string[], work: (chunk: readonly string[]) => void): Promise<void> {
    for (let from = 0; from < ids.length; from += rowsMax) {
      const chunk = ids.slice(from, from + rowsMax)
      await immediate(db, () => work(chunk))
      await breathe()
    }
  }

  const correctApplied: Applied['correctApplied'] = ({ n }, ids, applied) =>
    inChunks(ids, (chunk) => void setApplied(n, chunk, applied ? 1 : 0))

  return {
    ...reads,
    markSent: ({ n }, kind, ids, nowMs) =>
      inChunks(ids, (chunk) => {
        const changed = setApplied(n, chunk, kind === 'add' ? 1 : 0)
        note(n, kind === 'remove' ? changed : 0, nowMs)
      }),
    markRefused: ({ n }, ids, error) =>
      inChunks(ids, (chunk) => {
        for (const id of chunk) refuse.run(error, n, id)
      }),
    correctApplied,
    async forgetApplied(audience) {
      for (let after = ''; ;) {
        const page = await reads.ledger(audience, { after, limit: rowsMax })
        await correctApplied(
          audience,
          page.filter(({ applied }) => applied).map(({ id }) => id),
          false,
        )
        const last = page.at(-1)
        if (last === undefined || page.length < rowsMax) return
        after = last.id
      }
    },
    adopt: prepareAdopt(db),
    async removalHistory({ n }, sinceMs) {
      const row = history.get(n, minuteOf(sinceMs))
      return { sent: row?.sent ?? 0, appliedMax: row?.appliedMax ?? 0 }
    },
  }
}

function prepareReads({ sqlite }: Db): Pick<AudienceStore, 'due' | 'dueCounts' | 'desiredIds' | 'ledger'> {
  const due = (isFailed: boolean) =>
    sqlite
      .prepare<[number, number, string, number], string>(
        `SELECT unit_id FROM audience_members
         WHERE audience = ? AND desired = ? AND desired <> applied AND unit_id > ? AND error IS ${isFailed ? 'NOT ' : ''}NULL
         ORDER BY unit_id LIMIT ?`,
      )
      .pluck()
  const fresh = due(false)
  const failed = due(true)
  const dueCounts = sqlite.prepare<[number], { desired: number; count: number }>(
    'SELECT desired, count(*) AS count FROM audience_members WHERE audience = ? AND desired <> applied GROUP BY desired',
  )
  const desiredIds = sqlite
    .prepare<[number, string, number], string>(
      'SELECT unit_id FROM audience_members WHERE audience = ? AND unit_id > ? AND desired = 1 ORDER BY unit_id LIMIT ?',
    )
    .pluck()
  const ledger = sqlite.prepare<[number, string, number], Standing & { id: string }>(
    'SELECT unit_id AS id, desired, applied FROM audience_members WHERE audience = ? AND unit_id > ? ORDER BY unit_id LIMIT ?',
  )
  return {
    due: async ({ n }, kind, { after, limit, failed: isFailed }) =>
      (isFailed ? failed : fresh).all(n, desiredOf[kind], after, limit),
    async dueCounts({ n }) {
      const of = new Map(dueCounts.all(n).map(({ desired, count }) => [desired, count]))
      return { add: of.get(1) ?? 0, remove: of.get(0) ?? 0, erase: of.get(2) ?? 0 }
    },
    desiredIds: async ({ n }, { after, limit }) => desiredIds.all(n, after, limit),
    async ledger({ n }, { after, limit }) {
      return ledger
        .all(n, after, limit)
        .map(({ id, desired, applied }) => ({ id, desired: desired === 1, applied: applied === 1 }))
    },
  }
}

/**
 * Answers how many changed. An erased member is forgotten once she is off the list. The usual call carried just what is
 * due in its stretch of the ledger, and is marked by one statement: an UPDATE a row costs four times as much.
 */
function prepareSetApplied(db: Db) {
  const addTally = prepareTally(db)
  const setStretch = prepareSetStretch(db)
  const standing = db.sqlite.prepare<[number, string], Standing>(
    'SELECT desired, applied FROM audience_members WHERE audience = ? AND unit_id = ?',
  )
  const forget = db.sqlite.prepare('DELETE FROM audience_members WHERE audience = ? AND unit_id = ?')
  // Without RETURNING, which costs a table of its own each time.
  const set = db.sqlite.prepare(
    'UPDATE audience_members SET applied = ?, error = NULL WHERE audience = ? AND unit_id = ?',
  )
  return (n: number, ids: readonly string[], applied: 0 | 1): number => {
    if (setStretch(n, ids, applied)) return ids.length
    const tally = new Tally()
    let changed = 0
    for (const id of ids) {
      const before = standing.get(n, id)
      if (!before || before.applied === applied) continue
      const isForgotten = applied === 0 && before.desired === 2
      if (isForgotten) forget.run(n, id)
      else set.run(applied, n, id)
      if (!isForgotten) changed += 1
      tally.move(before, isForgotten ? undefined : { ...before, applied })
    }
    addTally(n, tally)
    return changed
  }
}

/** True when the ids, in order, were all that was due from the first to the last, and none that was refused. */
function prepareSetStretch(db: Db) {
  const addTally = prepareTally(db)
  const due = db.sqlite
    .prepare<[number, number, string, string, number], string>(
      `SELECT unit_id FROM audience_members
       WHERE audience = ? AND desired = ? AND desired <> applied AND unit_id >= ? AND unit_id <= ? ORDER BY unit_id LIMIT ?`,
    )
    .pluck()
  const set = db.sqlite.prepare(
    `UPDATE audience_members SET applied = ?, error = NULL
     WHERE audience = ? AND desired = ? AND desired <> applied AND unit_id >= ? AND unit_id <= ?`,
  )
  return (n: number, ids: readonly string[], applied: 0 | 1): boolean => {
    const [first, last] = [ids[0], ids.at(-1)]
    if (first === undefined || last === undefined) return false
    const found = due.all(n, applied, first, last, ids.length + 1)
    if (found.length !== ids.length || found.some((id, index) => id !== ids[index])) return false
    const { changes } = set.run(applied, n, applied, first, last)
    if (changes !== ids.length) throw new Error(`${changes} members were marked, and ${ids.length} were due`)
    const counts = {
      desired: 0,
      applied: applied === 1 ? changes : -changes,
      addsDue: applied === 1 ? -changes : 0,
    }
    addTally(n, { counts })
    return true
  }
}

/** Approved removals do not count, and the size that they were approved against is history. */
function prepareHistory({ sqlite }: Db) {
  const current = sqlite.prepare<[number], { applied: number; approved: number }>(
    'SELECT applied, approved FROM audiences WHERE n = ?',
  )
  const spend = sqlite.prepare('UPDATE audiences SET approved = approved - ? WHERE n = ?')
  const lower = sqlite.prepare(
    'UPDATE audience_history SET applied_max = min(applied_max, ?) WHERE audience = ?',
  )
  const add = sqlite.prepare(`
    INSERT INTO audience_history (audience, minute, removed, applied_max) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET removed = removed + excluded.removed, applied_max = max(applied_max, excluded.applied_max)`)
  return (n: number, removed: number, nowMs: number): void => {
    const { applied, approved } = current.get(n) ?? { applied: 0, approved: 0 }
    const spent = Math.min(approved, removed)
    if (spent > 0) {
      spend.run(spent, n)
      lower.run(applied, n)
    }
    add.run(n, minuteOf(nowMs), removed - spent, spent > 0 ? applied : applied + removed)
  }
}

function prepareAdopt(db: Db): AudienceStore['adopt'] {
  const { sqlite } = db
  const addTally = prepareTally(db)
  const insert = sqlite.prepare(
    `INSERT OR IGNORE INTO audience_members (audience, unit_id, desired, applied, at_ms, at_ns, seq) VALUES (?, ?, 0, 1, 0, 0, 0)`,
  )
  const find = sqlite.prepare('SELECT 1 FROM audience_members WHERE audience = ? AND unit_id = ?').pluck()
  return async ({ n }, ids) => {
    const strangers = ids.filter((id) => find.get(n, id) === undefined)
    for (let from = 0; from < strangers.length; from += rowsMax) {
      await immediate(db, () => {
        const tally = new Tally()
        for (const id of strangers.slice(from, from + rowsMax))
          if (insert.run(n, id).changes === 1) tally.move(undefined, { desired: 0, applied: 1 })
        addTally(n, tally)
      })
      await breathe()
    }
    return strangers.length
  }
}
