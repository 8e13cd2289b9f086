/** What the way back needs besides its lanes. All three tables forget: see activities/housekeep.ts. */
import { blob, index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/**
 * Exposures that went out where only the first does: 128 bits of the SHA-256 of event, subject and unit, by connection.
 * Without rowid.
 */
export const firstExposures = sqliteTable(
  'first_exposures',
  {
    connection: integer().notNull(),
    hash: blob({ mode: 'buffer' }).notNull(),
    /** Days since the epoch, for the purge. */
    day: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.connection, table.hash] }),
    index('first_exposures_day').on(table.day),
  ],
)

/** Requests that were forwarded lately, by their bytes, and when they were last seen. Without rowid. */
export const forwardSeen = sqliteTable(
  'forward_seen',
  {
    laneId: integer('lane_id').notNull(),
    hash: blob({ mode: 'buffer' }).notNull(),
    /** The entry that was forwarded. */
    seq: integer().notNull(),
    receivedAtMs: integer('received_at_ms').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.laneId, table.hash] }),
    index('forward_seen_received').on(table.laneId, table.receivedAtMs),
  ],
)

/** Requests of Statsig's webhook by the hour of the epoch, by which one that went quiet is known. Without rowid. */
export const webhookHours = sqliteTable(
  'webhook_hours',
  {
    connectionId: text('connection_id').notNull(),
    hour: integer().notNull(),
    requests: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.connectionId, table.hour] })],
)
