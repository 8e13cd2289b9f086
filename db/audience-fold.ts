/** Folds memberships into the ledger: what Engage, a bulk load or an erasure says of a person. */
import type { AudienceStore, FoldedMembership, PlacedMembership } from '../core/audience-ports.ts'
import { foldWord } from '../core/audiences/fold.ts'
import type { AudienceWarning } from '../core/audiences/limits.ts'
import { wordOf } from '../core/audiences/word.ts'
import { cutText } from '../core/text.ts'
import { prepareTally, Tally, type Standing } from './audience-row.ts'
import { immediate, type Db } from './client.ts'

interface Known {
  n: number
  unit: string
  computationId: string | null
  warnings: string
  inFlight: number
}

const knownColumns = 'n, unit, computation_id AS computationId, warnings, in_flight AS inFlight'

interface MemberSqlRow extends Standing {
  atMs: number
  atNs: number
  seq: number
}

/** Of an audience, the newest. */
const setAsideMax = 1_000

export function prepareAudienceFold(db: Db): Pick<AudienceStore, 'fold' | 'eraseUnit' | 'expel'> {
  const { sqlite } = db
  const addTally = prepareTally(db)
  const putWord = preparePutWord(db)
  const audienceOf = prepareAudienceOf(db)
  const putAside = prepareSetAside(db)
  const isDue = sqlite.prepare<[number], { due: number }>(
    `SELECT adds_due > 0 OR (removals = 'mirror' AND applied - desired + adds_due > 0) AS due FROM audiences WHERE n = ?`,
  )

  function fold(connectionId: string, memberships: readonly PlacedMembership[], nowMs: number) {
    const tallies = new Map<number, Tally>()
    const keys = new Map<number, string>()
    const folded = memberships.map((membership): FoldedMembership => {
      const audience = audienceOf(connectionId, membership, nowMs)
      keys.set(audience.n, membership.audience)
      const word = wordOf(membership, audience.unit)
      if ('fault' in word) {
        putAside(audience.n, word.unitId, word.fault.code, nowMs)
        return word.fault
      }
      const tally = tallies.get(audience.n) ?? new Tally()
      tallies.set(audience.n, tally)
      return putWord(audience, word.unitId, membership, tally)
    })
    for (const [n, tally] of tallies) addTally(n, tally)
    const due = [...keys].filter(([n]) => isDue.get(n)?.due === 1).map(([, key]) => key)
    return { folded, due }
  }

  return {
    fold: async (connectionId, memberships, nowMs) =>
      immediate(db, () => fold(connectionId, memberships, nowMs)),
    eraseUnit: prepareEraseUnit(db),
    expel: prepareExpel(db),
  }
}

function preparePutWord({ sqlite }: Db) {
  const member = sqlite.prepare<[number, string], MemberSqlRow>(
    'SELECT desired, applied, at_ms AS atMs, at_ns AS atNs, seq FROM audience_members WHERE audience = ? AND unit_id = ?',
  )
  const put = sqlite.prepare(`
    INSERT INTO audience_members (audience, unit_id, desired, applied, at_ms, at_ns, seq) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET desired = excluded.desired, applied = excluded.applied, at_ms = excluded.at_ms,
      at_ns = excluded.at_ns, seq = excluded.seq, error = CASE WHEN desired = excluded.desired THEN error END`)
  return ({ n, inFlight }: Known, unitId: string, word: PlacedMembership, tally: Tally): FoldedMembership => {
    const known = member.get(n, unitId)
    const result = foldWord(known && { ...known, isMember: known.desired === 1 }, word)
    if (result !== 'changed') return result
    const desired = word.isMember ? 1 : known?.desired === 2 ? 2 : 0
    const applied = appliedAfter(known, desired, inFlight === 1)
    tally.move(known, { desired, applied })
    put.run(n, unitId, desired, applied, word.atMs, word.atNs, word.seq)
    return result
  }
}

/**
 * While it is not known what became of a call, whoever comes is taken to be missing on the list and whoever goes to be on
 * it: one id too many in the next call, and none that is forgotten. The same holds for who was erased and comes back.
 */
function appliedAfter(known: Standing | undefined, desired: number, inFlight: boolean): number {
  if (known === undefined || known.desired === desired) return known?.applied ?? 0
  if (inFlight || known.desired === 2) return desired === 1 ? 0 : 1
  return known.applied
}

/** The audience of a membership, made with its first one. Another computation under the same key is a warning. */
function prepareAudienceOf({ sqlite }: Db) {
  const find = sqlite.prepare<[string, string], Known>(
    `SELECT ${knownColumns} FROM audiences WHERE connection_id = ? AND key = ?`,
  )
  const make = sqlite.prepare<[string, string, string | null, number, number], Known>(
    `INSERT INTO audiences (connection_id, key, computation_id, created_at_ms, updated_at_ms) VALUES (?, ?, ?, ?, ?)
     RETURNING ${knownColumns}`,
  )
  const setComputation = sqlite.prepare(
    'UPDATE audiences SET computation_id = ?, warnings = ?, updated_at_ms = ? WHERE n = ?',
  )
  return (connectionId: string, membership: PlacedMembership, nowMs: number): Known => {
    const { audience: key, computationId } = membership
    const known = find.get(connectionId, key)
    if (!known) {
      const made = make.get(connectionId, key, computationId === '' ? null : computationId, nowMs, nowMs)
      if (!made) throw new Error('an audience that was inserted is not there')
      return made
    }
    if (known.computationId === computationId || computationId === '') return known
    const others = (JSON.parse(known.warnings) as AudienceWarning[]).filter(
      ({ code }) => code !== 'computation_changed',
    )
    const message = `Members come from the computation ${computationId} and came from ${known.computationId ?? ''}: two audiences of Engage share this key, or it was used again. Their memberships mix.`
    const warnings: AudienceWarning[] =
      known.computationId === null
        ? others
        : [...others, { code: 'computation_changed', atMs: nowMs, message }]
    setComputation.run(computationId, JSON.stringify(warnings), nowMs, known.n)
    return known
  }
}

function prepareSetAside({ sqlite }: Db) {
  const insert = sqlite.prepare(
    'INSERT INTO audience_set_aside (audience, unit_id, code, at_ms) VALUES (?, ?, ?, ?)',
  )
  const count = sqlite.prepare('UPDATE audiences SET set_aside = set_aside + 1 WHERE n = ?')
  const trim = sqlite.prepare(`
    DELETE FROM audience_set_aside WHERE audience = ? AND id <=
      (SELECT id FROM audience_set_aside WHERE audience = ? ORDER BY id DESC LIMIT 1 OFFSET ${setAsideMax})`)
  return (n: number, unitId: string | undefined, code: string, nowMs: number): void => {
    insert.run(n, unitId === undefined ? null : cutText(unitId, 256), code, nowMs)
    count.run(n)
    trim.run(n, n)
  }
}

/** An id may be on its way to the list just now, so each one that the ledger knows is taken to be on it. */
function prepareEraseUnit(db: Db): AudienceStore['eraseUnit'] {
  const { sqlite } = db
  const addTally = prepareTally(db)
  const audiences = sqlite.prepare<[string], { n: number; key: string }>(
    'SELECT n, key FROM audiences WHERE connection_id = ?',
  )
  const member = sqlite.prepare<[number, string], Standing>(
    'SELECT desired, applied FROM audience_members WHERE audience = ? AND unit_id = ?',
  )
  const erase = sqlite.prepare(
    'UPDATE audience_members SET desired = 2, applied = 1, at_ms = ?, at_ns = 0, error = NULL WHERE audience = ? AND unit_id = ?',
  )
  const forgetAside = sqlite.prepare('DELETE FROM audience_set_aside WHERE audience = ? AND unit_id = ?')
  return async (connectionId, ids, nowMs) =>
    immediate(db, () =>
      audiences.all(connectionId).flatMap(({ n, key }) => {
        const tally = new Tally()
        let erased = 0
        for (const id of ids) {
          forgetAside.run(n, id)
          const known = member.get(n, id)
          if (!known) continue
          tally.move(known, { desired: 2, applied: 1 })
          erase.run(nowMs, n, id)
          erased += 1
        }
        addTally(n, tally)
        return erased > 0 ? [key] : []
      }),
    )
}

const expelRows = 1_000

function prepareExpel(db: Db): AudienceStore['expel'] {
  const { sqlite } = db
  const addTally = prepareTally(db)
  const rows = sqlite.prepare<[number, string], Standing & { id: string; atMs: number }>(
    `SELECT unit_id AS id, desired, applied, at_ms AS atMs FROM audience_members
     WHERE audience = ? AND unit_id > ? ORDER BY unit_id LIMIT ${expelRows}`,
  )
  const expel = sqlite.prepare(
    'UPDATE audience_members SET desired = 0, at_ms = ?, at_ns = 0, seq = 0, error = NULL WHERE audience = ? AND unit_id = ?',
  )
  return async ({ n }, { beforeMs, after }) =>
    immediate(db, () => {
      const tally = new Tally()
      const page = rows.all(n, after)
      const silent = page.filter(({ desired, atMs }) => desired === 1 && atMs < beforeMs)
      for (const row of silent) {
        tally.move(row, { desired: 0, applied: row.applied })
        expel.run(beforeMs, n, row.id)
      }
      addTally(n, tally)
      return { expelled: silent.length, next: page.length < expelRows ? undefined : page.at(-1)?.id }
    })
}
