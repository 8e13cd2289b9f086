/** The Store of a process: the database file, and the box for its secrets. */
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Store } from '../core/ports.ts'
import { createSecretBox } from '../db/secret-box.ts'
import { openStore } from '../db/store.ts'
import type { LoadedConfig } from './load-config.ts'

export async function openConfiguredStore({ databasePath, secretKey }: LoadedConfig): Promise<Store> {
  // Bodies and sealed keys are in this file and its companions: for this user alone.
  process.umask(0o077)
  await mkdir(dirname(databasePath), { recursive: true, mode: 0o700 })
  return openStore(databasePath, createSecretBox(Buffer.from(secretKey.reveal(), 'base64')))
}
