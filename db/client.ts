/** Opens the database file: pragmas, migrations, and the way every writing transaction is run. */
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { drizzle, type BetterSQLite3Database } from 'drizzle-orm/better-sqlite3'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import { BridgeError } from '../core/errors.ts'
import * as schema from './schema.ts'

export interface Db {
  sqlite: Database.Database
  drizzle: BetterSQLite3Database<typeof schema>
  /** How long a write waits for another process before it is `store_busy`. */
  busyMsMax: number
}

export interface OpenOptions {
  busyMsMax?: number
  /** Memory for pages; what is not in it is mostly in the system's cache of files. */
  cacheMb?: number
  migrationsFolder?: string
}

/** Where the migrations and their journal lie. */
export const migrationsFolder = fileURLToPath(new URL('./migrations', import.meta.url))

/**
 * Opens a file (or `:memory:`) and brings its schema up to date. Throws `store_failed` where that cannot be done.
 */
export function openDb(path: string, options: OpenOptions = {}): Db {
  const sqlite = openFile(path)
  try {
    prepareFile(sqlite, options)
  } catch (error) {
    sqlite.close()
    throw storeError(error)
  }
  return { sqlite, drizzle: drizzle(sqlite, { schema }), busyMsMax: options.busyMsMax ?? 10_000 }
}

function openFile(path: string): Database.Database {
  try {
    return new Database(path, { timeout: 10_000 })
  } catch (error) {
    throw storeError(error)
  }
}

/**
 * Page size and auto-vacuum must be set before the first table is made; bodies of about 70 KB want large pages
 * (decision 0003).
 */
function prepareFile(
  sqlite: Database.Database,
  { migrationsFolder: folder = migrationsFolder, cacheMb = 64 }: OpenOptions,
): void {
  sqlite.pragma('page_size = 16384')
  sqlite.pragma('auto_vacuum = INCREMENTAL')
  sqlite.pragma('journal_mode = WAL')
  sqlite.pragma('synchronous = FULL')
  sqlite.pragma(`cache_size = -${cacheMb * 1024}`)
  sqlite.pragma('foreign_keys = ON')
  bringUpToDate(sqlite, folder)
  // From here on a busy database is waited for in the event loop, not in the driver.
  sqlite.pragma('busy_timeout = 20')
}

/**
 * Applies what drizzle-kit generated. Drizzle's own migrator reads the version before its transaction begins, so of
 * two processes that start at once both would apply a migration; here the second one waits and finds it applied.
 */
function bringUpToDate(sqlite: Database.Database, folder: string): void {
  const apply = sqlite.transaction(() => {
    sqlite.exec(
      'CREATE TABLE IF NOT EXISTS __drizzle_migrations (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at numeric)',
    )
    const last = sqlite
      .prepare<[], { atMs: number | null }>('SELECT max(created_at) AS atMs FROM __drizzle_migrations')
      .get()
    const record = sqlite.prepare('INSERT INTO __drizzle_migrations (hash, created_at) VALUES (?, ?)')
    for (const { sql, hash, folderMillis } of readMigrationFiles({ migrationsFolder: folder })) {
      if (folderMillis <= (last?.atMs ?? 0)) continue
      for (const statement of sql) sqlite.exec(statement)
      record.run(hash, folderMillis)
    }
  })
  apply.immediate()
}

const sqliteCode = (error: unknown) =>
  error instanceof Database.SqliteError ? error.code.split('_').slice(0, 2).join('_') : undefined

/**
 * Runs `work` in an IMMEDIATE transaction. While another process writes, it waits in the event loop: the driver
 * waits at most 20 ms a try, and synchronously. After 10 s it gives up with `store_busy`; a disk that is full,
 * read-only or broken is `store_failed`.
 */
export async function immediate<T>({ sqlite, busyMsMax }: Db, work: () => T): Promise<T> {
  const transaction = sqlite.transaction(work)
  for (let waitedMs = 0; ;) {
    try {
      return transaction.immediate()
    } catch (error) {
      const code = sqliteCode(error)
      if (code !== 'SQLITE_BUSY' && code !== 'SQLITE_LOCKED') throw storeError(error)
      if (waitedMs > busyMsMax)
        throw new BridgeError('store_busy', 'another process holds the database', { cause: error })
    }
    const pauseMs = 5
    waitedMs += pauseMs + 20
    await sleep(pauseMs)
  }
}

/** Faults of the file or the disk, by SQLite's primary result codes (sqlite.org/rescode.html). */
const broken = new Set([
  'SQLITE_FULL',
  'SQLITE_IOERR',
  'SQLITE_READONLY',
  'SQLITE_CANTOPEN',
  'SQLITE_CORRUPT',
  'SQLITE_NOTADB',
])

function storeError(error: unknown): unknown {
  const code = sqliteCode(error)
  return code !== undefined && broken.has(code)
    ? new BridgeError('store_failed', code, { cause: error })
    : error
}
