/**
 * The tables. Bodies are kept as they came, one row a request; an entry of a lane is a position that points into
 * one. What a drain ended is one narrow row an entry, written in order (decision 0003 has the measurements).
 * Times are epoch ms. Tables marked "without rowid" get that in the migration, which drizzle-kit cannot write.
 */
import { blob, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'

export const connections = sqliteTable('connections', {
  /** Small number used by claims; `id` is the name that the outside knows. */
  n: integer().primaryKey({ autoIncrement: true }),
  id: text().notNull().unique(),
  name: text().notNull(),
  setup: text({ enum: ['manual', 'oauth', 'token'] }).notNull(),
  status: text({
    enum: ['new', 'connecting', 'active', 'needs_attention', 'disconnecting', 'gone'],
  }).notNull(),
  writeKey: text('write_key').notNull().unique(),
  paused: integer({ mode: 'boolean' }).notNull().default(false),
  settingsVersion: integer('settings_version').notNull(),
  createdAtMs: integer('created_at_ms').notNull(),
  updatedAtMs: integer('updated_at_ms').notNull(),
})

/** Every version of a connection's settings, so that an attempt can be read with the settings that it used. */
export const settingsVersions = sqliteTable(
  'settings_versions',
  {
    connectionId: text('connection_id').notNull(),
    version: integer().notNull(),
    settings: text({ mode: 'json' }).notNull(),
    createdAtMs: integer('created_at_ms').notNull(),
  },
  (table) => [primaryKey({ columns: [table.connectionId, table.version] })],
)

/** Secrets, sealed. `hash` finds the connection of a Statsig key and keeps a key to one connection. */
export const connectionKeys = sqliteTable(
  'connection_keys',
  {
    connectionId: text('connection_id').notNull(),
    kind: text().notNull(),
    sealed: blob({ mode: 'buffer' }).notNull(),
    hash: text(),
    updatedAtMs: integer('updated_at_ms').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.connectionId, table.kind] }),
    uniqueIndex('connection_keys_hash').on(table.hash),
  ],
)

/**
 * One row a lane. `head` is the position of the newest entry, `cursor` that of the newest ended one; both only grow,
 * so a position is never used twice, whatever is purged.
 */
export const lanes = sqliteTable(
  'lanes',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    connectionId: text('connection_id').notNull(),
    name: text().notNull(),
    head: integer().notNull().default(0),
    cursor: integer().notNull().default(0),
    /** Grows with each drain that takes the lane; an older one can commit nothing more. */
    epoch: integer().notNull().default(0),
    state: text({ enum: ['asleep', 'running', 'paused', 'needs_attention'] })
      .notNull()
      .default('asleep'),
    reason: text(),
    paused: integer({ mode: 'boolean' }).notNull().default(false),
    touchedAtMs: integer('touched_at_ms').notNull().default(0),
    /** Bytes of the bodies that came in, each counted in the first lane that it went to. */
    bytesIn: integer('bytes_in').notNull().default(0),
  },
  (table) => [uniqueIndex('lanes_name').on(table.connectionId, table.name)],
)

export const requests = sqliteTable('requests', {
  id: integer().primaryKey({ autoIncrement: true }),
  connectionId: text('connection_id').notNull(),
  receivedAtMs: integer('received_at_ms').notNull(),
  source: text({ enum: ['tracking', 'webhook', 'archive', 'statsig_webhook', 'statsig_sdk'] }).notNull(),
  call: text().notNull(),
  callerIp: text('caller_ip'),
  body: blob({ mode: 'buffer' }).notNull(),
})

/** The log of a lane: consecutive entries of one request a row. Without rowid, in the order of reading. */
export const laneLog = sqliteTable(
  'lane_log',
  {
    laneId: integer('lane_id').notNull(),
    lastSeq: integer('last_seq').notNull(),
    firstSeq: integer('first_seq').notNull(),
    requestId: integer('request_id').notNull(),
    /** Indexes into the body as JSON; null when the row covers the items 0, 1, 2 … */
    items: text(),
    /** Whether these messages are in no other lane. */
    sole: integer({ mode: 'boolean' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.laneId, table.lastSeq] }),
    index('lane_log_request').on(table.requestId),
  ],
)

/** What a drain ended. Without rowid, appended in order. `outcome` is the index in core/outcome.ts. */
export const entries = sqliteTable(
  'entries',
  {
    laneId: integer('lane_id').notNull(),
    seq: integer().notNull(),
    outcome: integer().notNull(),
    reason: text(),
    path: text(),
    detail: text(),
    messageId: text('message_id'),
    type: text(),
    event: text(),
    userId: text('user_id'),
    endedAtMs: integer('ended_at_ms').notNull(),
    settingsVersion: integer('settings_version').notNull(),
  },
  (table) => [primaryKey({ columns: [table.laneId, table.seq] })],
)

/** Requests to a vendor, append-only. An entry's attempts are those whose range holds its position. */
export const attempts = sqliteTable(
  'attempts',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    laneId: integer('lane_id').notNull(),
    firstSeq: integer('first_seq').notNull(),
    lastSeq: integer('last_seq').notNull(),
    atMs: integer('at_ms').notNull(),
    durationMs: integer('duration_ms').notNull(),
    entries: integer().notNull(),
    status: integer(),
    code: text().notNull(),
    answer: text(),
    settingsVersion: integer('settings_version').notNull(),
  },
  (table) => [index('attempts_range').on(table.laneId, table.lastSeq)],
)

/**
 * New claims, one row a call: what a drain claims or gives back at once. Appending a row is cheap, random inserts
 * into a large tree are not; the rows are folded into `claims` in the order of their hashes (decision 0003).
 */
export const claimBlocks = sqliteTable('claim_blocks', {
  id: integer().primaryKey({ autoIncrement: true }),
  scope: integer().notNull(),
  laneId: integer('lane_id').notNull(),
  day: integer().notNull(),
  /** Whether the claims are taken or given back. */
  released: integer({ mode: 'boolean' }).notNull(),
  /** 16 bytes a claim. */
  hashes: blob({ mode: 'buffer' }).notNull(),
  /** 8 bytes a claim, a little-endian double: positions stay below 2^53. */
  seqs: blob({ mode: 'buffer' }).notNull(),
})

/**
 * Which entry holds a messageId, per connection and destination (`scope`). `hash` is the first 128 bits of the
 * SHA-256 of the id. Settled claims; the newest are in `claim_blocks`. Without rowid.
 */
export const claims = sqliteTable(
  'claims',
  {
    scope: integer().notNull(),
    hash: blob({ mode: 'buffer' }).notNull(),
    laneId: integer('lane_id').notNull(),
    seq: integer().notNull(),
    /** Days since the epoch, for the purge. */
    day: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.scope, table.hash] })],
)

/**
 * Exact counters, written in the transaction of their cause. `minute` 0 holds the totals, any other the minute of
 * the epoch. `pending` is no column: it is the distance of head and cursor.
 */
export const laneCounts = sqliteTable(
  'lane_counts',
  {
    laneId: integer('lane_id').notNull(),
    minute: integer().notNull(),
    sole: integer({ mode: 'boolean' }).notNull(),
    accepted: integer().notNull().default(0),
    delivered: integer().notNull().default(0),
    filtered: integer().notNull().default(0),
    skipped: integer().notNull().default(0),
    rejected: integer().notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.laneId, table.minute, table.sole] })],
)

/** Signs of life of our own processes. */
export const processes = sqliteTable('processes', {
  name: text().primaryKey(),
  atMs: integer('at_ms').notNull(),
})

/**
 * One row, number 1, made by the first who writes it: how long history is kept, and what retention has removed. Whoever else removes requests or changes bodies
 * adds to `requests_out` and `bytes_out` in the same transaction, or what is held is counted wrong.
 */
export const retention = sqliteTable('retention', {
  id: integer().primaryKey(),
  /** Null: the configured days. */
  days: integer(),
  /** Null: no limit. */
  maxBytes: integer('max_bytes'),
  updatedAtMs: integer('updated_at_ms').notNull().default(0),
  requestsOut: integer('requests_out').notNull().default(0),
  bytesOut: integer('bytes_out').notNull().default(0),
  /** Claims taken before this day (days since the epoch) have been removed. */
  claimsDay: integer('claims_day').notNull().default(0),
})
