// Two stores on one new file, for the conformance suite.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { createSecretBox } from '../../db/secret-box.ts'
import { openStore } from '../../db/store.ts'
import { putMigrated } from '../support/migrated.ts'
import type { StorePair } from './suite/world.ts'

export const box = createSecretBox(Buffer.alloc(32, 7))

export async function openSqlitePair(): Promise<StorePair & { path: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-store-'))
  const path = join(folder, 'causeway.db')
  putMigrated(path)
  const [a, b] = [openStore(path, box), openStore(path, box)]
  return {
    ...{ a, b, path },
    async purgeEnded() {
      const sqlite = new Database(path)
      sqlite.exec(`
        DELETE FROM entries;
        DELETE FROM lane_log WHERE last_seq <= (SELECT cursor FROM lanes WHERE id = lane_id);
        DELETE FROM requests WHERE id NOT IN (SELECT request_id FROM lane_log);`)
      sqlite.close()
    },
    async close() {
      await Promise.all([a.close(), b.close()])
      rmSync(folder, { recursive: true })
    },
  }
}
