/**
 * Audiences and their ledger: who is to be on a list (desired), who is on it as far as we were told (applied). Times
 * are epoch ms. Tables marked "without rowid" get that in the migration.
 */
import { sql } from 'drizzle-orm'
import { blob, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'

export const audiences = sqliteTable(
  'audiences',
  {
    n: integer().primaryKey({ autoIncrement: true }),
    connectionId: text('connection_id').notNull(),
    key: text().notNull(),
    /** Which id of a message goes into the list; see core/audiences/unit.ts. */
    unit: text().notNull().default('userId'),
    /** The list's unit id type; null: what the unit is mapped to. */
    idType: text('id_type'),
    createList: integer('create_list', { mode: 'boolean' }).notNull().default(true),
    removals: text({ enum: ['mirror', 'never'] })
      .notNull()
      .default('mirror'),
    /** Segment's id of the computation that spoke last. */
    computationId: text('computation_id'),
    /** A JSON array of warnings, one a code. */
    warnings: text().notNull().default('[]'),
    state: text().notNull().default('idle'),
    reason: text(),
    /** Whether the list has been found at Statsig, and so is not made again without being asked. */
    listFound: integer('list_found', { mode: 'boolean' }).notNull().default(false),
    /** What is counted in step with the members: those desired, those applied, those desired and not applied. */
    desired: integer().notNull().default(0),
    applied: integer().notNull().default(0),
    addsDue: integer('adds_due').notNull().default(0),
    setAside: integer('set_aside').notNull().default(0),
    /** JSON: what waits for approval; null when nothing does. */
    guard: text(),
    /** Removals that a person has approved and that have not been sent yet. */
    approved: integer().notNull().default(0),
    requestedMode: text('requested_mode', { enum: ['changes', 'full', 'reconcile'] }),
    /** How far a full push has come: the last id that was sent. */
    fullAfter: text('full_after'),
    /** A call has left and what became of it is not known: until it is, a change of a member assumes the worst. */
    inFlight: integer('in_flight', { mode: 'boolean' }).notNull().default(false),
    /** JSON of the last run that ended. */
    lastRun: text('last_run'),
    createdAtMs: integer('created_at_ms').notNull(),
    updatedAtMs: integer('updated_at_ms').notNull(),
  },
  (table) => [uniqueIndex('audiences_key').on(table.connectionId, table.key)],
)

/**
 * The ledger. `desired` is 0 out, 1 in, 2 erased: out, whatever the guard says, and forgotten once it is off the list.
 * Without rowid.
 */
export const audienceMembers = sqliteTable(
  'audience_members',
  {
    audience: integer().notNull(),
    unitId: text('unit_id').notNull(),
    desired: integer().notNull(),
    applied: integer().notNull(),
    /** When the newest word on this member was said: ms, and nanoseconds below. */
    atMs: integer('at_ms').notNull(),
    atNs: integer('at_ns').notNull(),
    /** Its position in the lane; it breaks ties. */
    seq: integer().notNull(),
    error: text(),
  },
  (table) => [
    primaryKey({ columns: [table.audience, table.unitId] }),
    index('audience_members_due')
      .on(table.audience, table.desired, table.unitId)
      .where(sql`desired <> applied`),
    index('audience_members_failed')
      .on(table.audience, table.unitId)
      .where(sql`error IS NOT NULL`),
  ],
)

/** What the guard looks back on, by the minute. Without rowid. */
export const audienceHistory = sqliteTable(
  'audience_history',
  {
    audience: integer().notNull(),
    minute: integer().notNull(),
    removed: integer().notNull(),
    appliedMax: integer('applied_max').notNull(),
  },
  (table) => [primaryKey({ columns: [table.audience, table.minute] })],
)

/** How large an audience was, by the hour. Without rowid. */
export const audienceSizes = sqliteTable(
  'audience_sizes',
  {
    audience: integer().notNull(),
    /** Hours since the epoch. */
    hour: integer().notNull(),
    desired: integer().notNull(),
    applied: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.audience, table.hour] })],
)

/** Messages whose id cannot stand in a list, the newest thousand of an audience. */
export const audienceSetAside = sqliteTable(
  'audience_set_aside',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    audience: integer().notNull(),
    unitId: text('unit_id'),
    code: text().notNull(),
    atMs: integer('at_ms').notNull(),
  },
  (table) => [index('audience_set_aside_audience').on(table.audience, table.id)],
)

/** Calls to a vendor that counts them, by the hash of the key: what all processes share. */
export const vendorCalls = sqliteTable(
  'vendor_calls',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    keyHash: text('key_hash').notNull(),
    atMs: integer('at_ms').notNull(),
  },
  (table) => [index('vendor_calls_key').on(table.keyHash, table.atMs)],
)

/** The secret in the URLs of Segment's Webhook Audiences, which Segment does not sign; sealed. */
export const audienceDoors = sqliteTable('audience_doors', {
  connectionId: text('connection_id').primaryKey(),
  sealed: blob({ mode: 'buffer' }).notNull(),
})
