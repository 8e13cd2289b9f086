// A database file of a test's own, gone when the test ends.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { openDb, type Db, type OpenOptions } from '../../db/client.ts'

/** The path of a file that is not there yet. */
export function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-db-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return join(folder, 'causeway.db')
}

/** Opens a file for the length of the test. */
export function openForTest(path: string, options?: OpenOptions): Db {
  const db = openDb(path, options)
  onTestFinished(() => {
    db.sqlite.close()
  })
  return db
}
