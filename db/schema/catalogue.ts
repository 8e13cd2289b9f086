/**
 * The catalogue of event names: what was seen, and how often by outcome and hour. Written with the outcomes, so it
 * must cost next to nothing: one statement for each distinct name of a commit.
 */
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'

export const catalogueNames = sqliteTable(
  'catalogue_names',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    connectionId: text('connection_id').notNull(),
    /** The kind of lane: `events`, `late`, `outbound`, `replay` … */
    kind: text().notNull(),
    /** Empty where the message said none. */
    type: text().notNull(),
    /** The source's own name; empty for calls without one. */
    event: text().notNull(),
    /** The one row of a kind that counts the names for which there was no room. */
    isOther: integer('is_other', { mode: 'boolean' }).notNull().default(false),
    firstSeenAtMs: integer('first_seen_at_ms').notNull(),
    /** As far as hours have been removed; the newest hour knows better. */
    lastSeenAtMs: integer('last_seen_at_ms').notNull(),
  },
  (table) => [
    uniqueIndex('catalogue_names_name').on(
      table.connectionId,
      table.kind,
      table.isOther,
      table.type,
      table.event,
    ),
  ],
)

/** Without rowid. `hour` is hours since the epoch, of the ending. */
export const catalogueHours = sqliteTable(
  'catalogue_hours',
  {
    nameId: integer('name_id').notNull(),
    hour: integer().notNull(),
    lastSeenAtMs: integer('last_seen_at_ms').notNull(),
    delivered: integer().notNull(),
    filtered: integer().notNull(),
    skipped: integer().notNull(),
    rejected: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.nameId, table.hour] }),
    index('catalogue_hours_hour').on(table.hour),
  ],
)
