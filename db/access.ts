/** Keys of the control plane and sessions of the console, found by the hashes of their secrets; the record is in db/audit.ts. */
import { and, asc, eq, gt, isNull, lte } from 'drizzle-orm'
import { BridgeError } from '../core/errors.ts'
import type { AccessStore, ApiKey } from '../core/ports.ts'
import { createAuditStore } from './audit.ts'
import { immediate, type Db } from './client.ts'
import { apiKeys, sessions } from './schema/access.ts'

type Row = typeof apiKeys.$inferSelect

export function createAccessStore(db: Db): AccessStore {
  const rowOf = (id: string) => db.drizzle.select().from(apiKeys).where(eq(apiKeys.id, id)).get()
  const load = (id: string): ApiKey => {
    const row = rowOf(id)
    if (!row) throw new BridgeError('not_found', `There is no key ${id}.`)
    return toApiKey(row)
  }
  return {
    ...createAuditStore(db),
    ...createSessionStore(db),
    createKey: ({ nowMs, ...key }) =>
      immediate(db, () => {
        db.drizzle
          .insert(apiKeys)
          .values({ ...key, createdAtMs: nowMs })
          .run()
        return load(key.id)
      }),
    keys: async () => db.drizzle.select().from(apiKeys).orderBy(asc(apiKeys.n)).all().map(toApiKey),
    async keyByHash(hash) {
      const valid = and(eq(apiKeys.hash, hash), isNull(apiKeys.revokedAtMs))
      const row = db.drizzle.select().from(apiKeys).where(valid).get()
      return row && toApiKey(row)
    },
    revokeKey: (id, nowMs) =>
      immediate(db, () => {
        const before = load(id)
        if (before.revokedAtMs === undefined) {
          db.drizzle.update(apiKeys).set({ revokedAtMs: nowMs }).where(eq(apiKeys.id, id)).run()
          const hash = rowOf(id)?.hash ?? ''
          db.drizzle.delete(sessions).where(eq(sessions.keyHash, hash)).run()
        }
        return load(id)
      }),
    async touchKey(id, nowMs) {
      await immediate(db, () =>
        db.drizzle.update(apiKeys).set({ lastUsedAtMs: nowMs }).where(eq(apiKeys.id, id)).run(),
      )
    },
  }
}

function createSessionStore(db: Db): Pick<AccessStore, 'openSession' | 'session' | 'closeSession'> {
  return {
    async openSession({ hash, keyHash, nowMs, expiresAtMs }) {
      await immediate(db, () => {
        db.drizzle.delete(sessions).where(lte(sessions.expiresAtMs, nowMs)).run()
        db.drizzle.insert(sessions).values({ hash, keyHash, expiresAtMs, createdAtMs: nowMs }).run()
      })
    },
    async session(hash, nowMs) {
      const open = and(eq(sessions.hash, hash), gt(sessions.expiresAtMs, nowMs))
      const row = db.drizzle.select().from(sessions).where(open).get()
      return row && { keyHash: row.keyHash, expiresAtMs: row.expiresAtMs }
    },
    async closeSession(hash) {
      await immediate(db, () => db.drizzle.delete(sessions).where(eq(sessions.hash, hash)).run())
    },
  }
}

function toApiKey({ id, name, role, createdAtMs, lastUsedAtMs, revokedAtMs }: Row): ApiKey {
  return {
    ...{ id, name, role, createdAtMs },
    lastUsedAtMs: lastUsedAtMs ?? undefined,
    revokedAtMs: revokedAtMs ?? undefined,
  }
}
