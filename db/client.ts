/** Opens the database file: pragmas, migrations, and the way every writing transaction is run. */
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { drizzle, type BetterSQLite3Database } from 'drizzle-orm/better-sqlite3'
import { migrate } from 'drizzle-orm/better-sqlite3/migrator'
import { BridgeError } from '../core/errors.ts'
import * as schema from './schema.ts'

export interface Db {
  sqlite: Database.Database
  drizzle: BetterSQLite3Database<typeof schema>
}

const migrationsFolder = fileURLToPath(new URL('./migrations', import.meta.url))

/**
 * Opens a file (or `:memory:`) and brings its schema up to date. Page size and auto-vacuum must be set before the
 * first table is made; bodies of about 70 KB want large pages (decision 0003).
 */
export function openDb(path: string): Db {
  const sqlite = new Database(path, { timeout: 10_000 })
  sqlite.pragma('page_size = 16384')
  sqlite.pragma('auto_vacuum = INCREMENTAL')
  sqlite.pragma('journal_mode = WAL')
  sqlite.pragma('synchronous = FULL')
  sqlite.pragma('cache_size = -65536')
  sqlite.pragma('foreign_keys = ON')
  const db = { sqlite, drizzle: drizzle(sqlite, { schema }) }
  bringUpToDate(db)
  // From here on a busy database is waited for in the event loop, not in the driver.
  sqlite.pragma('busy_timeout = 20')
  return db
}

/** Applies the migrations. Two processes may start at once: the one that loses the race finds them applied. */
function bringUpToDate(db: Db): void {
  try {
    migrate(db.drizzle, { migrationsFolder })
  } catch {
    migrate(db.drizzle, { migrationsFolder })
  }
}

const busyMsMax = 10_000
const sqliteCode = (error: unknown) =>
  error instanceof Database.SqliteError ? error.code.split('_').slice(0, 2).join('_') : undefined

/**
 * Runs `work` in an IMMEDIATE transaction. While another process writes, it waits in the event loop: the driver
 * waits at most 20 ms a try, and synchronously. After 10 s it gives up with `store_busy`; a disk that is full,
 * read-only or broken is `store_failed`.
 */
export async function immediate<T>({ sqlite }: Db, work: () => T): Promise<T> {
  const transaction = sqlite.transaction(work)
  for (let waitedMs = 0; ;) {
    try {
      return transaction.immediate()
    } catch (error) {
      const code = sqliteCode(error)
      if (code === undefined) throw error
      if (code !== 'SQLITE_BUSY' && code !== 'SQLITE_LOCKED') throw storeFailed(code, error)
      if (waitedMs > busyMsMax)
        throw new BridgeError('store_busy', 'another process holds the database', { cause: error })
    }
    const pauseMs = 5
    waitedMs += pauseMs + 20
    await sleep(pauseMs)
  }
}

function storeFailed(code: string, cause: unknown): unknown {
  const broken = [
    'SQLITE_FULL',
    'SQLITE_IOERR',
    'SQLITE_READONLY',
    'SQLITE_CANTOPEN',
    'SQLITE_CORRUPT',
    'SQLITE_NOTADB',
  ]
  return broken.includes(code) ? new BridgeError('store_failed', code, { cause }) : cause
}
