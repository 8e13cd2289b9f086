/**
 * A rotation of the master key, step by step, each of which may be cut off and done again: begin, seal anew, finish. The
 * processes that run meanwhile follow by db/key-ring.ts.
 */
import { BridgeError } from '../core/errors.ts'
import { immediate, type Db } from './client.ts'
import { createKeyRing, masterKeyPurpose, prepareNewestRotation, type KeyRing } from './key-ring.ts'
import { sealedColumns, type Place, type SealedColumn } from './sealed-columns.ts'
import { createSecretBox, keyIdOf, type SecretBox } from './secret-box.ts'

/** Rows that one transaction seals anew: it holds the write lock for a few milliseconds. */
const rowsMax = 100

/**
 * From here on everything is sealed by the new key, and both keys open everything. A rotation that is open is gone on with
 * and `newKey` is not used. Answers the new key, which the caller has to keep before it finishes. Throws
 * `secret_unreadable` where `own` is neither of the two.
 */
export async function beginRotation(
  db: Db,
  ownKey: Buffer,
  newKey: Buffer,
  nowMs: number,
): Promise<{ from: string; to: string; newKey: Buffer; isNew: boolean }> {
  const own = createSecretBox(ownKey)
  const fresh = createSecretBox(newKey)
  const newest = prepareNewestRotation(db)
  const insert = db.sqlite.prepare(`
    INSERT INTO key_rotations (from_key, to_key, new_by_old, old_by_new, started_at_ms) VALUES (?, ?, ?, ?, ?)`)
  return immediate(db, () => {
    const open = newest()
    if (open && open.finishedAtMs === null) {
      const key = open.toKey === own.keyId ? ownKey : openKey(own, open.newByOld, open.toKey)
      return { from: open.fromKey, to: open.toKey, newKey: key, isNew: false }
    }
    if (open && open.toKey !== own.keyId) throw notInUse(own, open.toKey)
    if (fresh.keyId === own.keyId) throw new RangeError('the new key is the old one')
    const text = (key: Buffer) => key.toString('base64')
    insert.run(
      ...([own.keyId, fresh.keyId] as const),
      own.seal(text(newKey), masterKeyPurpose(fresh.keyId)),
      fresh.seal(text(ownKey), masterKeyPurpose(own.keyId)),
      nowMs,
    )
    return { from: own.keyId, to: fresh.keyId, newKey, isNew: true }
  })
}

function openKey(own: SecretBox, sealed: Buffer | null, id: string): Buffer {
  if (!sealed || keyIdOf(sealed) !== own.keyId) throw notInUse(own, id)
  return Buffer.from(own.open(sealed, masterKeyPurpose(id)), 'base64')
}

const notInUse = (own: SecretBox, id: string) =>
  new BridgeError('secret_unreadable', `The master key in use is ${id}, and ${own.keyId} was given.`)

export interface Resealed {
  table: string
  column: string
  /** Rows of the column that were sealed anew in this pass, so far. */
  done: number
  /** What neither key opens: places, as the purposes tell them. It was unreadable before. */
  unreadable: string[]
}

/** One pass over everything that is sealed; yields after each chunk. What the new key has sealed already is passed over. */
export async function* reseal(db: Db, ring: KeyRing, to: string): AsyncGenerator<Resealed> {
  for (const column of sealedColumns) yield* resealColumn(db, ring, column, to)
}

/** A rowid comes back under the name of the table's own number, where it has one: hence a name of ours. */
type Row = Place & { n: number; sealed: Buffer }

async function* resealColumn(
  db: Db,
  ring: KeyRing,
  { table, column, place, purpose }: SealedColumn,
  to: string,
): AsyncGenerator<Resealed> {
  const select = db.sqlite.prepare<[number, Buffer], Row>(`
    SELECT rowid AS n, ${[...place, `${column} AS sealed`].join(', ')} FROM ${table}
    WHERE rowid > ? AND ${column} IS NOT NULL AND substr(${column}, 2, 8) <> ? ORDER BY rowid LIMIT ${rowsMax}`)
  const update = db.sqlite.prepare<[Buffer, number]>(`UPDATE ${table} SET ${column} = ? WHERE rowid = ?`)
  const toId = Buffer.from(to, 'hex')
  let [after, done] = [0, 0]
  const unreadable: string[] = []
  for (let rows = rowsMax; rows === rowsMax;) {
    rows = await immediate(db, () => {
      const found = select.all(after, toId)
      for (const { n, sealed, ...at } of found) {
        after = n
        const anew = sealAnew(ring, sealed, purpose(at))
        if (anew) done += update.run(anew, n).changes
        else unreadable.push(purpose(at))
      }
      return found.length
    })
    yield { table, column, done, unreadable }
    // SQLite's lock is not fair: accept and the drains are let in between.
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

function sealAnew(ring: KeyRing, sealed: Buffer, purpose: string): Buffer | undefined {
  try {
    return ring.seal(ring.open(sealed, purpose), purpose)
  } catch (error) {
    if (error instanceof BridgeError && error.code === 'secret_unreadable') return undefined
    throw error
  }
}

/** Notes that nothing is sealed by the old key any more. */
export async function noteResealed(db: Db, nowMs: number): Promise<void> {
  const note = db.sqlite.prepare(
    'UPDATE key_rotations SET resealed_at_ms = coalesce(resealed_at_ms, ?) WHERE finished_at_ms IS NULL',
  )
  await immediate(db, () => note.run(nowMs))
}

/** The old key opens nothing any more: neither key stands in the database. */
export async function finishRotation(db: Db, nowMs: number): Promise<void> {
  const finish = db.sqlite.prepare(
    'UPDATE key_rotations SET new_by_old = NULL, old_by_new = NULL, finished_at_ms = ? WHERE finished_at_ms IS NULL',
  )
  await immediate(db, () => finish.run(nowMs))
}

/** The ring of a command. */
export const ringOf = (db: Db, key: Buffer): KeyRing => createKeyRing(db, createSecretBox(key))
