/** The Store of a process: the database file, and the box for its secrets. */
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Log, Store } from '../core/ports.ts'
import type { OpenOptions } from '../db/client.ts'
import { createSecretBox } from '../db/secret-box.ts'
import { openStore } from '../db/store.ts'
import type { LoadedConfig } from './load-config.ts'

/** How often a running process looks for a new master key. */
export const takeUpEveryMs = 5_000

export async function openConfiguredStore(
  { databasePath, secretKey }: LoadedConfig,
  options: OpenOptions = {},
): Promise<Store> {
  // Bodies and sealed keys are in this file and its companions: for this user alone.
  process.umask(0o077)
  await mkdir(dirname(databasePath), { recursive: true, mode: 0o700 })
  return openStore(databasePath, createSecretBox(Buffer.from(secretKey.reveal(), 'base64')), options)
}

/** A process with another master key than that of its database accepts messages all the same, and says what is wrong. */
export async function tellUnknownKeys({ masterKeys }: Store, log: Log): Promise<void> {
  for (const { keyId, secrets } of await masterKeys.unknown()) {
    const fields = { event: 'master_key.unknown', keyId, sealed: secrets, ownKeyId: masterKeys.ownId }
    log.error(fields, 'secrets are sealed with a master key that this process does not have')
  }
}
