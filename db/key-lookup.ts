/** Finding a connection by a key, and a key by its connection: by hashes, which are all that can be compared. */
import { timingSafeEqual } from 'node:crypto'
import { and, eq, sql } from 'drizzle-orm'
import type { KeyKind } from '../core/ports.ts'
import type { Db } from './client.ts'
import { connectionKeys, connections } from './schema.ts'
import { hashKey } from './secret-box.ts'

/** The row of one key of a connection. */
export const keyIs = (id: string | typeof connections.id, kind: KeyKind) =>
  and(eq(connectionKeys.connectionId, id), eq(connectionKeys.kind, kind))

/** Hashes are compared, in constant time and both of them, so that the time taken tells nothing of a key. */
export function prepareHoldsKey(db: Db): (id: string, candidate: string) => boolean {
  const keysOf = db.drizzle
    .select({ writeKey: connections.writeKey, serverKeyHash: connectionKeys.hash })
    .from(connections)
    .leftJoin(connectionKeys, keyIs(connections.id, 'statsig.serverKey'))
    .where(eq(connections.id, sql.placeholder('id')))
    .prepare()
  const isSame = (a: string, b: string) =>
    a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
  return (id, candidate) => {
    const row = keysOf.get({ id })
    const hash = hashKey(candidate)
    const isWriteKey = isSame(hash, hashKey(row?.writeKey ?? ''))
    const isServerKey = isSame(hash, row?.serverKeyHash ?? '')
    return row !== undefined && (isWriteKey || isServerKey)
  }
}

/** The connection whose Statsig server or client key a text is. */
export function prepareByStatsigKey(db: Db) {
  const byHash = db.drizzle
    .select({ id: connectionKeys.connectionId, kind: connectionKeys.kind })
    .from(connectionKeys)
    .where(eq(connectionKeys.hash, sql.placeholder('hash')))
    .prepare()
  return (key: string): { id: string; kind: 'server' | 'client' } | undefined => {
    const row = byHash.get({ hash: hashKey(key) })
    if (row?.kind === 'statsig.serverKey') return { id: row.id, kind: 'server' }
    return row?.kind === 'statsig.clientKey' ? { id: row.id, kind: 'client' } : undefined
  }
}
