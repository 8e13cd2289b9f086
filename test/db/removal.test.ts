import { describe, expect, it } from 'vitest'
import type { Db } from '../../db/client.ts'
import { createStore } from '../../db/store.ts'
import { box } from './sqlite-pair.ts'
import { create, names, request, startMs } from './suite/requests.ts'
import { endNext, openLane } from './suite/world.ts'
import { openForTest, temporaryFile } from './temporary.ts'

interface Column {
  name: string
  type: string
  pk: number
  notnull: number
}

const tableNames = ({ sqlite }: Db): string[] =>
  sqlite
    .prepare<[], string>(
      `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '\\_\\_%' ESCAPE '\\'`,
    )
    .pluck()
    .all()
const columnsOf = ({ sqlite }: Db, table: string): Column[] =>
  sqlite.prepare<[string], Column>('SELECT name, type, pk, "notnull" FROM pragma_table_info(?)').all(table)

interface Owned {
  connection: string
  /** The connection's number. */
  number: number
  lane: number
  job: string
  audience: number
  name: number
}

/** By which column a row says whose it is, and what stands in it. */
const ownerColumns: Record<string, (of: Owned) => unknown> = {
  connection_id: ({ connection }) => connection,
  scope: ({ number }) => number * 2,
  lane_id: ({ lane }) => lane,
  job_id: ({ job }) => job,
  audience: ({ audience }) => audience,
  name_id: ({ name }) => name,
  connection: ({ number }) => number,
}
/** A table of one connection, by the column that says so. */
const owner = (columns: Column[]): string | undefined =>
  Object.keys(ownerColumns).find((name) => columns.some((column) => column.name === name))

/** Tables of the installation, without a row that is of one connection alone. */
const shared = [
  ...['alert_settings', 'api_keys', 'audit', 'connections', 'erasure_key', 'idempotent_calls'],
  ...['key_rotations', 'leases', 'processes', 'retention', 'sessions', 'vendor_calls'],
]

/** A row of any table for an owner, with something in every column that must have something. */
function fill(db: Db, table: string, of: Owned, n: number): void {
  const columns = columnsOf(db, table).filter(
    ({ name, pk, notnull, type }) =>
      (notnull === 1 || pk > 0 || name.endsWith('_id')) && !(name === 'n' && type === 'INTEGER' && pk === 1),
  )
  const values = columns.map(({ name, type }) => {
    const owned = ownerColumns[name]
    if (owned) return owned(of)
    if (type === 'INTEGER') return 900 + n
    return type === 'BLOB' ? Buffer.from(`filled-${n}`) : `filled-${n}`
  })
  db.sqlite
    .prepare(
      `INSERT OR IGNORE INTO "${table}" (${columns.map(({ name }) => `"${name}"`).join()}) VALUES (${columns.map(() => '?').join()})`,
    )
    .run(...values)
}

const ownedRows = (db: Db, table: string, of: Owned): number => {
  const column = owner(columnsOf(db, table)) ?? ''
  const value = ownerColumns[column]?.(of)
  return db.sqlite
    .prepare<[unknown], number>(`SELECT count(*) FROM "${table}" WHERE "${column}" = ?`)
    .pluck()
    .get(value) as number
}

/** What holds sums of the whole store, or is a record of people and deeds: it stays, without content. */
const stays = ['connections', 'lanes', 'audit', 'erasures', 'erased_ids']

/** What rows of other tables point to: made by number, so that no row is taken for the other connection's. */
function makeOwned(db: Db, connection: string): Owned {
  const { sqlite } = db
  const numberOf = (sql: string) => sqlite.prepare<[string], number>(sql).pluck().get(connection) ?? 0
  const lane = numberOf(`SELECT id FROM lanes WHERE connection_id = ? AND name = 'events'`)
  const number = numberOf('SELECT n FROM connections WHERE id = ?')
  const job = `job_${connection}`
  sqlite
    .prepare(
      `INSERT INTO jobs (id, kind, connection_id, lane_id, spec, status, handler, created_at_ms)
       VALUES (?, 'replay', ?, ?, '{}', 'completed', 'events', 1)`,
    )
    .run(job, connection, lane)
  const audience = sqlite
    .prepare(
      `INSERT INTO audiences (n, connection_id, key, created_at_ms, updated_at_ms) VALUES (?, ?, 'vips', 1, 1)`,
    )
    .run(500 + number, connection).lastInsertRowid
  const name = sqlite
    .prepare(
      `INSERT INTO catalogue_names (id, connection_id, kind, type, event, first_seen_at_ms, last_seen_at_ms)
       VALUES (?, ?, 'events', 'track', 'Made', 1, 1)`,
    )
    .run(700 + number, connection).lastInsertRowid
  return { connection, number, lane, job, audience: Number(audience), name: Number(name) }
}

describe('createRemovalStore', () => {
  it('knows of every table whose rows it holds', () => {
    const db = openForTest(temporaryFile())
    const unowned = tableNames(db).filter((table) => owner(columnsOf(db, table)) === undefined)
    expect(unowned.sort()).toEqual([...shared].sort())
  })

  it('leaves nothing of a connection in any table, all of its neighbour, and exact sums of what is held', async () => {
    const db = openForTest(temporaryFile())
    const store = createStore(db, box)
    await create(store)
    await create(store, { id: 'con_2' })
    for (const id of ['con_1', 'con_2'])
      for (let n = 0; n < 3; n += 1)
        await store.inbox.append({ ...request(names(`${id}-${n}`, 4)), connectionId: id })
    await endNext(store, await openLane(store), 6)
    const kept = await store.retention.holdings()
    const [one, two] = [makeOwned(db, 'con_1'), makeOwned(db, 'con_2')]
    const owned = tableNames(db).filter((table) => owner(columnsOf(db, table)) !== undefined)
    const filled = owned.filter(
      (table) =>
        !['connections', 'lanes', 'requests', 'lane_log', 'entries', 'attempts', 'lane_counts'].includes(
          table,
        ),
    )
    for (const of of [one, two]) for (const table of filled) fill(db, table, of, of === one ? 1 : 2)
    for (const table of filled) expect([table, ownedRows(db, table, one)]).not.toEqual([table, 0])

    await store.removal.begin('con_1', startMs)
    expect(await store.removal.close('con_1', startMs)).toEqual([{ lane: 'events', discarded: 6 }])
    for await (const rows of store.removal.purge('con_1')) expect(rows).toBeGreaterThanOrEqual(0)

    for (const table of owned) {
      if (!stays.includes(table)) expect([table, ownedRows(db, table, one)]).toEqual([table, 0])
      if (filled.includes(table)) expect([table, ownedRows(db, table, two)]).not.toEqual([table, 0])
    }
    const { requests, bodiesBytes } = await store.retention.holdings()
    expect([requests, kept.requests]).toEqual([3, 6])
    const bytes = db.sqlite.prepare<[], number>('SELECT sum(length(body)) FROM requests').pluck().get()
    expect(bodiesBytes).toBe(bytes)
    expect(await store.connections.get('con_1')).toBeUndefined()
  })
})
