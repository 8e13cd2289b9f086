// A new and empty database, already migrated: a copy of one that all test processes share. To migrate costs a third of a small
// test's world; test/db/client.test.ts is where it is looked at.
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrationsFolder, openDb } from '../../db/client.ts'

let template: string | undefined

/** Puts it at a path where nothing is yet. */
export function putMigrated(path: string): void {
  template ??= shared()
  copyFileSync(template, path)
}

/** Named by what it is made of, so that a change of the migrations makes another. */
function shared(): string {
  const hash = createHash('sha256').update(readFileSync(new URL('../../db/client.ts', import.meta.url)))
  for (const name of readdirSync(migrationsFolder)
    .filter((each) => each.endsWith('.sql'))
    .sort())
    hash.update(name).update(readFileSync(join(migrationsFolder, name)))
  const path = join(tmpdir(), `causeway-migrated-${hash.digest('hex').slice(0, 16)}.db`)
  if (existsSync(path)) return path
  const unfinished = `${path}.${process.pid}`
  // The last one to close a database takes the log of its writes into the file.
  openDb(unfinished).sqlite.close()
  renameSync(unfinished, path)
  return path
}
