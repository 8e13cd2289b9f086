/** Audiences: their settings and their state. The ledger of members is in the files beside. */
import type {
  Audience,
  AudienceChange,
  AudienceStore,
  MemberRow,
  MemberState,
  SyncRecord,
} from '../core/audience-ports.ts'
import { guardWindowMs } from '../core/audiences/guard.ts'
import { BridgeError } from '../core/errors.ts'
import { prepareApplied } from './audience-applied.ts'
import { prepareDecide } from './audience-decide.ts'
import { prepareAudienceFold } from './audience-fold.ts'
import { audienceColumns, toAudience, type AudienceSqlRow } from './audience-row.ts'
import { prepareSizes } from './audience-sizes.ts'
import { prepareChangeUnit } from './audience-unit.ts'
import { immediate, type Db } from './client.ts'
import { minuteOf } from './minute.ts'
import type { SecretBox } from './secret-box.ts'
import { prepareTakeCall } from './vendor-calls.ts'

export function createAudienceStore(db: Db, box: SecretBox): AudienceStore {
  const { sqlite } = db
  const { find, load, list, all, appliedOf } = prepareReads(db)
  const insert = sqlite.prepare(
    'INSERT OR IGNORE INTO audiences (connection_id, key, created_at_ms, updated_at_ms) VALUES (?, ?, ?, ?)',
  )
  const request = sqlite.prepare(`
    UPDATE audiences SET full_after = CASE WHEN @mode = 'full' THEN NULL ELSE full_after END,
      requested_mode = CASE WHEN @mode = 'changes' THEN coalesce(requested_mode, @mode)
        WHEN @mode = 'reconcile' AND requested_mode = 'full' THEN requested_mode ELSE @mode END
    WHERE connection_id = @connectionId AND key = @key`)
  const unit = prepareChangeUnit(db)
  const sizes = prepareSizes(db)
  const applyChange = (before: Audience, change: AudienceChange, nowMs: number): void => {
    settle(db, before, change, nowMs)
    if (change.unit !== undefined && change.unit !== before.unit) unit.startAnew(before, change.unit, nowMs)
  }
  return {
    list: async (connectionId, { after = '', limit }) => list(connectionId, after, limit),
    all: async ({ after, limit }) => all(after, limit),
    get: async (connectionId, key) => find(connectionId, key),
    ensure: async (connectionId, key, nowMs, given = {}) =>
      immediate(db, () => {
        const isNew = insert.run(connectionId, key, nowMs, nowMs).changes === 1
        if (isNew) applyChange(load(connectionId, key), given, nowMs)
        return load(connectionId, key)
      }),
    change: async (connectionId, key, change, nowMs) => {
      const before = load(connectionId, key)
      if (change.unit !== undefined && change.unit !== before.unit) await unit.leave(before, nowMs)
      return immediate(db, () => {
        applyChange(load(connectionId, key), change, nowMs)
        return load(connectionId, key)
      })
    },
    request: async (connectionId, key, mode) => {
      await immediate(db, () => request.run({ connectionId, key, mode }))
    },
    record: async (audience, found, nowMs) =>
      immediate(db, () => {
        record(db, audience, found, nowMs)
        if (found.state !== undefined && found.state !== 'syncing') sizes.note(audience, nowMs)
      }),
    sizes: sizes.read,
    appliedOf: async (connectionId) => appliedOf(connectionId),
    doorSecret: prepareDoorSecret(db, box),
    ...prepareMembers(db),
    ...prepareAudienceFold(db),
    ...prepareApplied(db),
    decide: prepareDecide(db, load),
    takeCall: prepareTakeCall(db),
  }
}

function prepareReads({ sqlite }: Db) {
  const select = `SELECT ${audienceColumns} FROM audiences`
  const byKey = sqlite.prepare<[string, string], AudienceSqlRow>(
    `${select} WHERE connection_id = ? AND key = ?`,
  )
  const ofConnection = sqlite.prepare<[string, string, number], AudienceSqlRow>(
    `${select} WHERE connection_id = ? AND key > ? ORDER BY key LIMIT ?`,
  )
  const ofAll = sqlite.prepare<[number, number], AudienceSqlRow>(`${select} WHERE n > ? ORDER BY n LIMIT ?`)
  const applied = sqlite
    .prepare<[string], number>('SELECT coalesce(sum(applied), 0) FROM audiences WHERE connection_id = ?')
    .pluck()
  const find = (connectionId: string, key: string): Audience | undefined => {
    const row = byKey.get(connectionId, key)
    return row && toAudience(row)
  }
  return {
    find,
    load: (connectionId: string, key: string): Audience => {
      const found = find(connectionId, key)
      if (!found) throw new BridgeError('not_found', `There is no audience ${key}.`)
      return found
    },
    list: (connectionId: string, after: string, limit: number) =>
      ofConnection.all(connectionId, after, limit).map(toAudience),
    all: (after: number, limit: number) => ofAll.all(after, limit).map(toAudience),
    appliedOf: (connectionId: string) => applied.get(connectionId) ?? 0,
  }
}

function settle({ sqlite }: Db, before: Audience, change: AudienceChange, nowMs: number): void {
  const { unit = before.unit, createList = before.createList, removals = before.removals } = change
  const idType = change.idType === undefined ? before.idType : (change.idType ?? undefined)
  sqlite
    .prepare(
      'UPDATE audiences SET unit = ?, id_type = ?, create_list = ?, removals = ?, updated_at_ms = ? WHERE n = ?',
    )
    .run(unit, idType ?? null, createList ? 1 : 0, removals, nowMs, before.n)
}

function record({ sqlite }: Db, { n }: Audience, found: SyncRecord, nowMs: number): void {
  const set = (column: string, value: string | number | null): void => {
    sqlite.prepare(`UPDATE audiences SET ${column} = ? WHERE n = ?`).run(value, n)
  }
  if (found.state !== undefined) set('state', found.state)
  if (found.reason !== undefined) set('reason', found.reason)
  if (found.guard !== undefined) set('guard', found.guard === null ? null : JSON.stringify(found.guard))
  if (found.listFound !== undefined) set('list_found', found.listFound ? 1 : 0)
  if (found.inFlight !== undefined) set('in_flight', found.inFlight ? 1 : 0)
  if (found.fullAfter !== undefined) set('full_after', found.fullAfter)
  if (found.doneMode !== undefined)
    sqlite
      .prepare('UPDATE audiences SET requested_mode = NULL WHERE n = ? AND requested_mode = ?')
      .run(n, found.doneMode)
  if (found.warnings !== undefined) {
    const { codes, warnings } = found.warnings
    const row = sqlite
      .prepare<[number], { warnings: string }>('SELECT warnings FROM audiences WHERE n = ?')
      .get(n)
    const before = JSON.parse(row?.warnings ?? '[]') as Audience['warnings']
    // What is known already keeps the time at which it became known.
    const known = warnings.map((warning) => before.find(({ code }) => code === warning.code) ?? warning)
    const others = before.filter(({ code }) => !codes.includes(code))
    set('warnings', JSON.stringify([...others, ...known]))
  }
  if (found.lastRun !== undefined) {
    set('last_run', JSON.stringify(found.lastRun))
    sqlite
      .prepare('DELETE FROM audience_history WHERE audience = ? AND minute < ?')
      .run(n, minuteOf(nowMs - 2 * guardWindowMs))
  }
  set('updated_at_ms', nowMs)
}

/** What the secret of a connection's door is bound to when it is sealed. */
export const doorPurpose = (connectionId: string): string => `${connectionId}/audiences`

function prepareDoorSecret(db: Db, box: SecretBox): AudienceStore['doorSecret'] {
  const insert = db.sqlite.prepare(
    'INSERT OR IGNORE INTO audience_doors (connection_id, sealed) VALUES (?, ?)',
  )
  const find = db.sqlite.prepare<[string], { sealed: Buffer }>(
    'SELECT sealed FROM audience_doors WHERE connection_id = ?',
  )
  return async (connectionId, candidate) => {
    const purpose = doorPurpose(connectionId)
    if (find.get(connectionId) === undefined)
      await immediate(db, () => insert.run(connectionId, box.seal(candidate, purpose)))
    const row = find.get(connectionId)
    return row ? box.open(row.sealed, purpose) : candidate
  }
}

/** Members that one page looks at. */
const scanMax = 20_000
const conditions: Record<MemberState, string> = {
  in: 'desired = 1 AND applied = 1',
  out: 'desired <> 1 AND applied = 0',
  adding: 'desired = 1 AND applied = 0',
  removing: 'desired <> 1 AND applied = 1',
  failed: 'error IS NOT NULL',
}

function prepareMembers({ sqlite }: Db): Pick<AudienceStore, 'members' | 'setAside'> {
  const columns = 'unit_id AS id, desired, applied, at_ms AS atMs, error'
  type Row = { id: string; desired: number; applied: number; atMs: number; error: string | null }
  const one = sqlite.prepare<[number, string], Row>(
    `SELECT ${columns} FROM audience_members WHERE audience = ? AND unit_id = ?`,
  )
  const aside = sqlite.prepare<
    [number, number, number],
    { n: number; id: string | null; code: string; atMs: number }
  >(
    'SELECT id AS n, unit_id AS id, code, at_ms AS atMs FROM audience_set_aside WHERE audience = ? AND id < ? ORDER BY id DESC LIMIT ?',
  )
  const bound = sqlite
    .prepare<[number, string], string>(
      `SELECT unit_id FROM audience_members WHERE audience = ? AND unit_id > ? ORDER BY unit_id LIMIT 1 OFFSET ${scanMax}`,
    )
    .pluck()
  const toMember = ({ id, desired, applied, atMs, error }: Row): MemberRow => ({
    ...{ id, desired: desired === 1, applied: applied === 1, atMs },
    ...{ error: error ?? undefined, erased: desired === 2 },
  })
  return {
    async members({ n }, { state, id, after = '', limit }) {
      if (id !== undefined) {
        const row = one.get(n, id)
        return { rows: row ? [toMember(row)] : [], next: undefined }
      }
      const last = bound.get(n, after)
      const rows = sqlite
        .prepare<[object], Row>(
          `SELECT ${columns} FROM audience_members WHERE audience = @n AND unit_id > @after
             ${last === undefined ? '' : 'AND unit_id <= @last'} ${state === undefined ? '' : `AND ${conditions[state]}`}
           ORDER BY unit_id LIMIT @limit`,
        )
        .all({ n, after, limit, ...(last === undefined ? {} : { last }) })
      return { rows: rows.map(toMember), next: rows.length === limit ? rows.at(-1)?.id : last }
    },
    setAside: async ({ n }, { before = Number.MAX_SAFE_INTEGER, limit }) =>
      aside.all(n, before, limit).map((row) => ({ ...row, id: row.id ?? undefined })),
  }
}
