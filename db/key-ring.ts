/**
 * The master keys of a process: the one it was started with and, by what a rotation left in the database, the other one
 * of its pair. A rotation that begins while the process runs is found when the next secret is sealed or opened.
 */
import { BridgeError } from '../core/errors.ts'
import type { KeyRotation, MasterKeyStore } from '../core/ports.ts'
import type { Db } from './client.ts'
import { sealedColumns } from './sealed-columns.ts'
import { createSecretBox, keyIdOf, type SecretBox } from './secret-box.ts'

export interface KeyRing extends SecretBox, MasterKeyStore {}

export interface RotationRow {
  n: number
  fromKey: string
  toKey: string
  newByOld: Buffer | null
  oldByNew: Buffer | null
  startedAtMs: number
  resealedAtMs: number | null
  finishedAtMs: number | null
}

/** What a master key is bound to when the other one seals it. */
export const masterKeyPurpose = (keyId: string): string => `master-key/${keyId}`

export function prepareNewestRotation({ sqlite }: Db): () => RotationRow | undefined {
  const select = sqlite.prepare<[], RotationRow>(`
    SELECT n, from_key AS fromKey, to_key AS toKey, new_by_old AS newByOld, old_by_new AS oldByNew,
      started_at_ms AS startedAtMs, resealed_at_ms AS resealedAtMs, finished_at_ms AS finishedAtMs
    FROM key_rotations ORDER BY n DESC LIMIT 1`)
  return () => select.get()
}

/**
 * To be used in place of `own`. Reads the newest rotation at each seal, in the caller's transaction: what is sealed after
 * a rotation has begun is sealed by its new key. Throws `secret_unreadable` where `own` is a key that is not in use.
 */
export function createKeyRing(db: Db, own: SecretBox): KeyRing {
  const newest = prepareNewestRotation(db)
  const boxes = new Map([[own.keyId, own]])

  const learn = (row: RotationRow): void => {
    const pair = [
      { id: row.toKey, sealed: row.newByOld },
      { id: row.fromKey, sealed: row.oldByNew },
    ]
    for (const { id, sealed } of pair) {
      const other = sealed && !boxes.has(id) ? boxes.get(keyIdOf(sealed)) : undefined
      if (sealed && other)
        boxes.set(id, createSecretBox(Buffer.from(other.open(sealed, masterKeyPurpose(id)), 'base64')))
    }
  }
  const look = (): RotationRow | undefined => {
    const row = newest()
    if (row) learn(row)
    return row
  }
  const current = (): SecretBox => {
    const id = look()?.toKey ?? own.keyId
    const box = boxes.get(id)
    if (box) return box
    throw new BridgeError('secret_unreadable', `Secrets are sealed with master key ${id}; ${started(own)}`)
  }

  return {
    ...{ keyId: own.keyId, ownId: own.keyId },
    seal: (secret, purpose) => current().seal(secret, purpose),
    open(sealed, purpose) {
      const id = keyIdOf(sealed)
      if (!boxes.has(id)) look()
      const box = boxes.get(id)
      if (box) return box.open(sealed, purpose)
      throw new BridgeError(
        'secret_unreadable',
        `${purpose} was sealed with master key ${id}; ${started(own)}`,
      )
    },
    async takeUp() {
      look()
    },
    async unknown() {
      look()
      return countByKey(db).filter(({ keyId }) => !boxes.has(keyId))
    },
    async rotation() {
      const row = newest()
      return row && toRotation(row)
    },
  }
}

const started = ({ keyId }: SecretBox): string =>
  `this process was started with ${keyId}. Start it again with the key that is in use.`

/** How many secrets each master key has sealed, most first. */
export function countByKey({ sqlite }: Db): { keyId: string; secrets: number }[] {
  const each = sealedColumns.map(
    ({ table, column }) =>
      `SELECT lower(hex(substr(${column}, 2, 8))) AS keyId FROM ${table} WHERE ${column} IS NOT NULL`,
  )
  return sqlite
    .prepare<[], { keyId: string; secrets: number }>(
      `SELECT keyId, count(*) AS secrets FROM (${each.join(' UNION ALL ')}) GROUP BY keyId ORDER BY secrets DESC`,
    )
    .all()
}

function toRotation(row: RotationRow): KeyRotation {
  return {
    ...{ from: row.fromKey, to: row.toKey, startedAtMs: row.startedAtMs },
    resealedAtMs: row.resealedAtMs ?? undefined,
    finishedAtMs: row.finishedAtMs ?? undefined,
  }
}
