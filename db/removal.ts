/**
 * A connection is removed in three moves: it is said to go, then it is closed for good, then, where that is asked for,
 * all that is stored of it goes at once. Its lanes' rows stay, empty: they hold the sums by which is counted what the
 * store holds (docs/decisions/0012).
 */
import { randomBytes } from 'node:crypto'
import { and, eq, ne } from 'drizzle-orm'
import { BridgeError } from '../core/errors.ts'
import type { RemovalStore } from '../core/ports.ts'
import { outcomes } from '../core/outcome.ts'
import { immediate, type Db } from './client.ts'
import { findConnection } from './connections.ts'
import { selectLanes } from './lane-state.ts'
import { createPurgeEnded } from './purge-ended.ts'
import { connectionKeys, connections, lanes } from './schema.ts'
import { segmentDestinations, segmentGrants, setups } from './schema/setup.ts'

/** Rows that one transaction removes at most. */
const rowsMax = 2_000
/** What purge-ended removes, with its sums; what must stay; and what is a record of people, not of a connection. */
const notSwept = [
  ...['requests', 'lane_log', 'entries', 'attempts', 'lanes', 'connections'],
  ...['audit', 'erasures', 'erased_ids'],
]

export function createRemovalStore(db: Db): RemovalStore {
  return {
    begin: (connectionId, nowMs) =>
      immediate(db, () => {
        const isThere = and(eq(connections.id, connectionId), ne(connections.status, 'gone'))
        const set = { status: 'disconnecting', updatedAtMs: nowMs } as const
        db.drizzle.update(connections).set(set).where(isThere).run()
        const connection = findConnection(db, connectionId)
        if (!connection) throw new BridgeError('not_found', `There is no connection ${connectionId}.`)
        return connection
      }),
    close: (connectionId, nowMs) =>
      immediate(db, () => {
        const discarded = selectLanes(db, connectionId)
          .map(({ lane, pending }) => ({ lane, discarded: pending }))
          .filter((lane) => lane.discarded > 0)
        shut(db, connectionId, nowMs)
        return discarded
      }),
    async *purge(connectionId) {
      for (const laneId of laneIdsOf(db, connectionId)) yield* endPendingAgain(db, laneId)
      for await (const { entries, requests } of createPurgeEnded(db, connectionId)(Infinity))
        yield entries + requests
      yield* sweep(db, connectionId)
    },
  }
}

/** A new epoch, so that a drain that is still at it commits nothing more. */
function shut(db: Db, connectionId: string, nowMs: number): void {
  db.sqlite
    .prepare(
      `UPDATE lanes SET epoch = epoch + 1, cursor = head, state = 'asleep', reason = NULL WHERE connection_id = ?`,
    )
    .run(connectionId)
  for (const table of [connectionKeys, segmentGrants, segmentDestinations])
    db.drizzle.delete(table).where(eq(table.connectionId, connectionId)).run()
  db.drizzle
    .update(setups)
    .set({ stateHash: null, sealedAuthorization: null, sealedCode: null, choices: null })
    .where(eq(setups.connectionId, connectionId))
    .run()
  // The write key is free for another connection, and this one has none that anybody could know.
  const writeKey = randomBytes(24).toString('base64url')
  const set = { status: 'gone', writeKey, updatedAtMs: nowMs } as const
  db.drizzle.update(connections).set(set).where(eq(connections.id, connectionId)).run()
}

const laneIdsOf = (db: Db, connectionId: string): number[] =>
  db.drizzle
    .select({ id: lanes.id })
    .from(lanes)
    .where(eq(lanes.connectionId, connectionId))
    .all()
    .map(({ id }) => id)

/** Entries that a redrive has made pending again are left by the purge: nothing will end them any more. */
async function* endPendingAgain(db: Db, laneId: number): AsyncIterable<number> {
  const [pending, skipped] = [outcomes.indexOf('pending'), outcomes.indexOf('skipped')]
  const end = db.sqlite.prepare(
    `UPDATE entries SET outcome = ${skipped} WHERE lane_id = ? AND seq > ? AND seq <= ? AND outcome = ${pending}`,
  )
  const last = db.sqlite
    .prepare<[number], number | null>('SELECT max(seq) FROM entries WHERE lane_id = ?')
    .pluck()
    .get(laneId)
  const span = 10 * rowsMax
  for (let from = 0; from < (last ?? 0); from += span) {
    await immediate(db, () => end.run(laneId, from, from + span))
    yield 0
  }
}

const lanesOfIt = 'SELECT id FROM lanes WHERE connection_id = @connectionId'
/**
 * By which column a row says whose it is; the first that a table has. Claims are in the order of their scope, and by
 * lane all of them would be looked through (db/claims.ts says what a scope is). What is found by way of another table
 * goes before that table's rows: it stands before it in the order of names.
 */
const ownedBy: Record<string, string> = {
  connection_id: 'connection_id = @connectionId',
  scope: `scope IN (SELECT n * 2 FROM connections WHERE id = @connectionId UNION ALL
    SELECT n * 2 + 1 FROM connections WHERE id = @connectionId UNION ALL SELECT -id FROM (${lanesOfIt}))`,
  lane_id: `lane_id IN (${lanesOfIt})`,
  job_id: 'job_id IN (SELECT id FROM jobs WHERE connection_id = @connectionId)',
  audience: 'audience IN (SELECT n FROM audiences WHERE connection_id = @connectionId)',
  name_id: 'name_id IN (SELECT id FROM catalogue_names WHERE connection_id = @connectionId)',
  connection: 'connection = (SELECT n FROM connections WHERE id = @connectionId)',
}

/** Every table with rows of this connection, whoever added the table; a test knows those that have none. */
async function* sweep(db: Db, connectionId: string): AsyncIterable<number> {
  for (const { name, keys, columns } of tablesOf(db)) {
    const owner = Object.keys(ownedBy).find((column) => columns.includes(column))
    if (owner === undefined || notSwept.includes(name)) continue
    const remove = db.sqlite.prepare<{ connectionId: string }>(
      `DELETE FROM "${name}" WHERE (${keys}) IN (SELECT ${keys} FROM "${name}" WHERE ${ownedBy[owner]} LIMIT ${rowsMax})`,
    )
    for (let changes = rowsMax; changes === rowsMax;) {
      changes = (await immediate(db, () => remove.run({ connectionId }))).changes
      yield changes
    }
  }
}

interface Table {
  name: string
  /** What tells rows apart, as SQL. */
  keys: string
  columns: string[]
}

function tablesOf({ sqlite }: Db): Table[] {
  const names = sqlite
    .prepare<[], string>(
      `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name`,
    )
    .pluck()
    .all()
  const info = sqlite.prepare<[string], { name: string; pk: number }>(
    'SELECT name, pk FROM pragma_table_info(?)',
  )
  return names.map((name) => {
    const columns = info.all(name)
    const keys = columns.filter(({ pk }) => pk > 0).map((column) => `"${column.name}"`)
    return {
      name,
      keys: keys.length > 0 ? keys.join(', ') : 'rowid',
      columns: columns.map((column) => column.name),
    }
  })
}
