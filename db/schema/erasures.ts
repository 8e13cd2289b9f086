/** Erasures of people: what was asked, how far it is, and the keyed hashes of their ids. */
import { blob, index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

export const erasures = sqliteTable(
  'erasures',
  {
    n: integer().primaryKey({ autoIncrement: true }),
    id: text().notNull().unique(),
    connectionId: text('connection_id').notNull(),
    origin: text({ enum: ['call', 'delete_event'] }).notNull(),
    /** The ids, sealed, until it is done. */
    person: blob({ mode: 'buffer' }),
    createdAtMs: integer('created_at_ms').notNull(),
    finishedAtMs: integer('finished_at_ms'),
    /** The newest request that was there when it began, and the newest one that has been looked through. */
    untilRequest: integer('until_request').notNull(),
    seenRequest: integer('seen_request').notNull().default(0),
    messages: integer().notNull().default(0),
  },
  (table) => [index('erasures_connection').on(table.connectionId)],
)

/** By what later messages of an erased person are known. Without rowid. */
export const erasedIds = sqliteTable(
  'erased_ids',
  {
    connectionId: text('connection_id').notNull(),
    /** First 128 bits of an HMAC-SHA256 of kind and id. */
    hash: blob({ mode: 'buffer' }).notNull(),
    erasedAtMs: integer('erased_at_ms').notNull(),
  },
  (table) => [primaryKey({ columns: [table.connectionId, table.hash] })],
)

/** One row, number 1: the key of those hashes, sealed. It never changes, or nobody would be known again. */
export const erasureKey = sqliteTable('erasure_key', {
  id: integer().primaryKey(),
  sealed: blob({ mode: 'buffer' }).notNull(),
})
