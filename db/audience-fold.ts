/** Folds memberships into the ledger: what Engage, a bulk load or an erasure says of a person. */
import type { AudienceStore, FoldedMembership, PlacedMembership } from '../core/audience-ports.ts'
import { foldWord } from '../core/audiences/fold.ts'
import type { AudienceWarning } from '../core/audiences/limits.ts'
import { defaultUnit, unitIdIn } from '../core/audiences/unit.ts'
import { wordOf } from '../core/audiences/word.ts'
import { cutText } from '../core/text.ts'
import { appliedAfter, prepareIsInFlight, prepareTally, Tally, type Standing } from './audience-row.ts'
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
/** Rows that one transaction folds. */
const rowsMax = 1_000

type Fold = Pick<AudienceStore, 'fold' | 'eraseUnit' | 'expel'>

export function prepareAudienceFold(db: Db): Fold {
  return { fold: prepareFold(db), eraseUnit: prepareEraseUnit(db), expel: prepareExpel(db) }
}

/**
 * A ledger is in the order of its ids, and messages come in none: each word is another page of the file, and every page
 * that a transaction touches is written whole. So many words are sorted first and folded in short transactions, each
 * within its stretch of the ledger. One that fails leaves the words before it folded; folded again they change nothing.
 */
function prepareFold(db: Db): AudienceStore['fold'] {
  const findAudience = prepareFindAudience(db)
  const meetComputations = prepareMeetComputations(db)
  const foldChunk = prepareFoldChunk(db)
  const isDue = db.sqlite.prepare<[string, string], { due: number }>(
    `SELECT adds_due > 0 OR (removals = 'mirror' AND applied - desired + adds_due > 0) AS due
     FROM audiences WHERE connection_id = ? AND key = ?`,
  )
  return async (connectionId, memberships, nowMs) => {
    const unitOf = (key: string) => findAudience(connectionId, key)?.unit ?? defaultUnit
    const placed = inLedgerOrder(memberships, unitOf)
    const folded = new Array<FoldedMembership>(memberships.length)
    for (let from = 0; from < placed.length; from += rowsMax) {
      if (from > 0) await new Promise((resolve) => setImmediate(resolve))
      await immediate(db, () => {
        if (from === 0) meetComputations(connectionId, memberships, nowMs)
        foldChunk(connectionId, placed.slice(from, from + rowsMax), folded, nowMs)
      })
    }
    const keys = [...new Set(memberships.map(({ audience }) => audience))]
    return { folded, due: keys.filter((key) => isDue.get(connectionId, key)?.due === 1) }
  }
}

interface Placed {
  index: number
  membership: PlacedMembership
}

/** Words on the same id stay in their order. */
function inLedgerOrder(memberships: readonly PlacedMembership[], unitOf: (key: string) => string): Placed[] {
  const units = new Map<string, string>()
  const keyed = memberships.map((membership, index) => {
    const { audience, ids } = membership
    const unit = units.get(audience) ?? unitOf(audience)
    units.set(audience, unit)
    return { index, membership, id: unitIdIn(ids, unit) ?? '' }
  })
  return keyed.sort((a, b) =>
    a.membership.audience === b.membership.audience
      ? compareTexts(a.id, b.id)
      : compareTexts(a.membership.audience, b.membership.audience),
  )
}

const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Runs in the caller's transaction; puts what became of each word to its index. */
function prepareFoldChunk(db: Db) {
  const addTally = prepareTally(db)
  const putWord = preparePutWord(db)
  const putAside = prepareSetAside(db)
  const findAudience = prepareFindAudience(db)
  return (connectionId: string, chunk: Placed[], folded: FoldedMembership[], nowMs: number): void => {
    const audiences = new Map<string, { known: Known; tally: Tally }>()
    const audienceOf = (key: string) => {
      const open = audiences.get(key)
      if (open) return open
      const known = findAudience(connectionId, key, nowMs)
      if (!known) throw new Error('an audience that was met is not there')
      const opened = { known, tally: new Tally() }
      audiences.set(key, opened)
      return opened
    }
    for (const { index, membership } of chunk) {
      const { known, tally } = audienceOf(membership.audience)
      const word = wordOf(membership, known.unit)
      if ('fault' in word) {
        putAside(known.n, word.unitId, word.fault.code, nowMs)
        folded[index] = word.fault
      } else folded[index] = putWord(known, word.unitId, membership, tally)
    }
    for (const { known, tally } of audiences.values()) addTally(known.n, tally)
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

/** With a time, it is made where it is missing. */
function prepareFindAudience({ sqlite }: Db) {
  const find = sqlite.prepare<[string, string], Known>(
    `SELECT ${knownColumns} FROM audiences WHERE connection_id = ? AND key = ?`,
  )
  const make = sqlite.prepare<[string, string, number, number], Known>(
    `INSERT INTO audiences (connection_id, key, created_at_ms, updated_at_ms) VALUES (?, ?, ?, ?)
     RETURNING ${knownColumns}`,
  )
  return (connectionId: string, key: string, nowMs?: number): Known | undefined =>
    find.get(connectionId, key) ??
    (nowMs === undefined ? undefined : make.get(connectionId, key, nowMs, nowMs))
}

/** Which computation speaks of an audience; another one under the same key is a warning. A load has none. */
function prepareMeetComputations(db: Db) {
  const findAudience = prepareFindAudience(db)
  const setComputation = db.sqlite.prepare(
    'UPDATE audiences SET computation_id = ?, warnings = ?, updated_at_ms = ? WHERE n = ?',
  )
  const meet = (connectionId: string, { audience, computationId }: PlacedMembership, nowMs: number): void => {
    const known = findAudience(connectionId, audience, nowMs)
    if (!known || known.computationId === computationId || computationId === '') return
    const warnings = (JSON.parse(known.warnings) as AudienceWarning[]).filter(
      ({ code }) => code !== 'computation_changed',
    )
    if (known.computationId !== null) {
      const message = `Members come from the computation ${computationId} and came from ${known.computationId}: two audiences of Engage share this key, or it was used again. Their memberships mix.`
      warnings.push({ code: 'computation_changed', atMs: nowMs, message })
    }
    setComputation.run(computationId, JSON.stringify(warnings), nowMs, known.n)
  }
  return (connectionId: string, memberships: readonly PlacedMembership[], nowMs: number): void => {
    const met = new Map<string, string>()
    for (const membership of memberships) {
      if (met.get(membership.audience) === membership.computationId) continue
      met.set(membership.audience, membership.computationId)
      meet(connectionId, membership, nowMs)
    }
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
    'UPDATE audience_members SET desired = 0, applied = ?, at_ms = ?, at_ns = 0, seq = 0, error = NULL WHERE audience = ? AND unit_id = ?',
  )
  const isInFlight = prepareIsInFlight(db)
  return async ({ n }, { beforeMs, after }) =>
    immediate(db, () => {
      const tally = new Tally()
      const inFlight = isInFlight(n)
      const page = rows.all(n, after)
      const silent = page.filter(({ desired, atMs }) => desired === 1 && atMs < beforeMs)
      for (const row of silent) {
        const applied = appliedAfter(row, 0, inFlight)
        tally.move(row, { desired: 0, applied })
        expel.run(applied, beforeMs, n, row.id)
      }
      addTally(n, tally)
      return { expelled: silent.length, next: page.length < expelRows ? undefined : page.at(-1)?.id }
    })
}
