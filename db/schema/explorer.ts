/** What makes looking cheap: filters over blocks of ended entries, counts of attempts, answers kept for repetition. */
import { blob, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'

/**
 * For each 4,096 consecutive positions of a lane that have all ended: what a search needs to pass over them unread.
 * A block without a row is read. A trigger adds the bit of an outcome that an entry is given later (a redrive).
 */
export const searchBlocks = sqliteTable(
  'search_blocks',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    laneId: integer('lane_id').notNull(),
    /** Positions `block * 4096` to `block * 4096 + 4095`. */
    block: integer().notNull(),
    /** Bit n: an entry has, or once had, outcome number n. */
    outcomes: integer().notNull(),
    receivedMinAtMs: integer('received_min_at_ms').notNull(),
    receivedMaxAtMs: integer('received_max_at_ms').notNull(),
    /** A Bloom filter of messageIds, events and user ids (db/block-filter.ts). */
    filter: blob({ mode: 'buffer' }).notNull(),
  },
  (table) => [uniqueIndex('search_blocks_place').on(table.laneId, table.block)],
)

/** Requests to the vendor since the beginning, by lane and kind of answer; they outlive `attempts`. Durations in ms. */
export const attemptCounts = sqliteTable(
  'attempt_counts',
  {
    laneId: integer('lane_id').notNull(),
    /** `2xx` … `5xx`, or `none` where no answer came. */
    status: text().notNull(),
    attempts: integer().notNull().default(0),
    durationMs: integer('duration_ms').notNull().default(0),
    within50: integer('within_50').notNull().default(0),
    within100: integer('within_100').notNull().default(0),
    within250: integer('within_250').notNull().default(0),
    within500: integer('within_500').notNull().default(0),
    within1000: integer('within_1000').notNull().default(0),
    within2500: integer('within_2500').notNull().default(0),
    within5000: integer('within_5000').notNull().default(0),
    within10000: integer('within_10000').notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.laneId, table.status] })],
)

/** Calls of the control plane that carried an `Idempotency-Key`, and what they were answered, sealed. */
export const idempotentCalls = sqliteTable(
  'idempotent_calls',
  {
    /** SHA-256 of API key, route and Idempotency-Key. */
    hash: blob({ mode: 'buffer' }).primaryKey(),
    bodyHash: blob('body_hash', { mode: 'buffer' }).notNull(),
    startedAtMs: integer('started_at_ms').notNull(),
    /** Null while the first call is under way. */
    answer: blob({ mode: 'buffer' }),
  },
  (table) => [index('idempotent_calls_started').on(table.startedAtMs)],
)
