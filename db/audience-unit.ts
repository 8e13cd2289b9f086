/** An audience whose list is made of other ids from now on: the old ones go, with the guard. */
import type { Audience, HeldRemovals } from '../core/audience-ports.ts'
import { appliedAfter, prepareIsInFlight, prepareTally, Tally, type Standing } from './audience-row.ts'
import { immediate, type Db } from './client.ts'

/** Rows that one transaction looks at. */
const rowsMax = 1_000
/** Members may come while the old ones are put out; what is left after so many looks goes in one transaction. */
const passesMax = 3

export function prepareChangeUnit(db: Db) {
  const putOut = preparePutOut(db)
  const find = db.sqlite.prepare<[number], { desired: number; warnings: string }>(
    'SELECT desired, warnings FROM audiences WHERE n = ?',
  )
  const hold = db.sqlite.prepare('UPDATE audiences SET guard = coalesce(guard, ?) WHERE n = ?')
  const warn = db.sqlite.prepare('UPDATE audiences SET warnings = ? WHERE n = ?')
  const desiredOf = (n: number): number => find.get(n)?.desired ?? 0

  return {
    /** Puts out the members of the old unit in short transactions; a cut leaves it to be done again. */
    async leave({ n, applied, unit }: Audience, nowMs: number): Promise<void> {
      if (desiredOf(n) <= rowsMax) return
      // Held from the first one on: a sync in the middle must not take them for a few exits.
      if (applied > 0) await immediate(db, () => hold.run(JSON.stringify(heldBy(unit, applied, nowMs)), n))
      for (let pass = 0; pass < passesMax && desiredOf(n) > 0; pass += 1) {
        for (let after: string | undefined = ''; after !== undefined;) {
          const from: string = after
          after = await immediate(db, () => putOut(n, from, nowMs))
          await new Promise((resolve) => setImmediate(resolve))
        }
      }
    },
    /** The rest, in the transaction that changes the unit. */
    startAnew({ n, unit: old, desired, applied }: Audience, unit: string, nowMs: number): void {
      if (desired === 0 && applied === 0) return
      for (let after: string | undefined = desiredOf(n) > 0 ? '' : undefined; after !== undefined;)
        after = putOut(n, after, nowMs)
      const message = `The list was made of ${old} and is now made of ${unit}: resync the audience in Engage or load its members anew.`
      const known = JSON.parse(find.get(n)?.warnings ?? '[]') as Audience['warnings']
      const kept = known.filter(({ code }) => code !== 'unit_changed')
      warn.run(JSON.stringify([...kept, { code: 'unit_changed', atMs: nowMs, message }]), n)
    },
  }
}

const heldBy = (unit: string, planned: number, sinceMs: number): HeldRemovals => ({
  ...{ planned, limit: 0, rule: 'would_empty', sinceMs, sample: [] },
  message: `The list is no longer made of ${unit}: all ${planned} members on it are to go.`,
})

/** Who was never on the list is forgotten. Answers the last id looked at, or undefined at the end. */
function preparePutOut(db: Db) {
  const addTally = prepareTally(db)
  const isInFlight = prepareIsInFlight(db)
  const rows = db.sqlite.prepare<[number, string], Standing & { id: string }>(
    `SELECT unit_id AS id, desired, applied FROM audience_members
     WHERE audience = ? AND unit_id > ? ORDER BY unit_id LIMIT ${rowsMax}`,
  )
  const forget = db.sqlite.prepare('DELETE FROM audience_members WHERE audience = ? AND unit_id = ?')
  const expel = db.sqlite.prepare(
    'UPDATE audience_members SET desired = 0, applied = 1, at_ms = ?, error = NULL WHERE audience = ? AND unit_id = ?',
  )
  return (n: number, after: string, nowMs: number): string | undefined => {
    const tally = new Tally()
    const inFlight = isInFlight(n)
    const page = rows.all(n, after)
    for (const row of page) {
      const isOnList = (row.desired === 1 ? appliedAfter(row, 0, inFlight) : row.applied) === 1
      if (!isOnList) forget.run(n, row.id)
      else if (row.desired === 1) expel.run(nowMs, n, row.id)
      else continue
      tally.move(row, isOnList ? { desired: 0, applied: 1 } : undefined)
    }
    addTally(n, tally)
    return page.length < rowsMax ? undefined : page.at(-1)?.id
  }
}
