/** What set-up made at Segment, noted before it is made; and whether anything has come back from there. */
import { and, eq } from 'drizzle-orm'
import type { SetupStore } from '../core/ports.ts'
import { immediate, type Db } from './client.ts'
import { segmentDestinations as table } from './schema/setup.ts'

/** A webhook's first request is looked for among the newest of all connections. */
const newestRequests = 5_000

type Notes = Pick<
  SetupStore,
  'planDestination' | 'madeDestination' | 'destinations' | 'forgetDestination' | 'webhookSeen'
>

export function createDestinationNotes(db: Db): Notes {
  const of = (connectionId: string, sourceId: string) =>
    and(eq(table.connectionId, connectionId), eq(table.sourceId, sourceId))
  const seen = db.sqlite.prepare<[number, string, number], number>(`
    SELECT 1 FROM requests WHERE id > (SELECT coalesce(max(id), 0) - ? FROM requests)
      AND connection_id = ? AND source = 'webhook' AND received_at_ms >= ? LIMIT 1`)
  return {
    async planDestination({ nowMs, ...plan }) {
      const row = { ...plan, createdAtMs: nowMs }
      await immediate(db, () => db.drizzle.insert(table).values(row).onConflictDoNothing().run())
    },
    async madeDestination(connectionId, sourceId, destinationId) {
      await immediate(db, () =>
        db.drizzle.update(table).set({ destinationId }).where(of(connectionId, sourceId)).run(),
      )
    },
    async destinations(connectionId) {
      const rows = db.drizzle.select().from(table).where(eq(table.connectionId, connectionId)).all()
      return rows.map(({ sourceId, setupId, destinationId }) => ({
        ...{ sourceId, setupId, destinationId: destinationId ?? undefined },
      }))
    },
    async forgetDestination(connectionId, sourceId) {
      await immediate(db, () => db.drizzle.delete(table).where(of(connectionId, sourceId)).run())
    },
    async webhookSeen(connectionId, sinceMs) {
      return seen.get(newestRequests, connectionId, sinceMs) !== undefined
    },
  }
}
