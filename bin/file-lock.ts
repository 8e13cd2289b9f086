/**
 * A lock between processes that cannot go stale: an exclusive transaction on an empty SQLite file. The operating
 * system gives it back when its holder dies, whatever the death; Node has no such lock of its own.
 */
import Database from 'better-sqlite3'
import { setTimeout as sleep } from 'node:timers/promises'

export interface FileLock {
  release(): void
}

/** The lock, or undefined where another process (or another part of this one) holds it. */
export function tryFileLock(path: string): FileLock | undefined {
  const database = new Database(path, { timeout: 0 })
  try {
    database.pragma('journal_mode = MEMORY') // no second file beside the lock
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) return undefined
    throw error
  }
  return { release: () => void database.close() }
}

/** Waits for the lock; `onWait` is called once if another holds it. */
export async function fileLock(
  path: string,
  { signal, onWait }: { signal?: AbortSignal | undefined; onWait?: () => void } = {},
): Promise<FileLock> {
  let lock = tryFileLock(path)
  if (!lock) onWait?.()
  while (!lock) {
    await sleep(200, undefined, { signal })
    lock = tryFileLock(path)
  }
  return lock
}
