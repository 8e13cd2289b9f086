/**
 * How connections are set up at Segment: each run of a set-up, what it was granted, what it made there. What is secret
 * is sealed, so that a workflow can do with ids.
 */
import { blob, index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** One run of a set-up; a connection's newest is what the API shows. */
export const setups = sqliteTable(
  'setups',
  {
    n: integer().primaryKey({ autoIncrement: true }),
    id: text().notNull().unique(),
    connectionId: text('connection_id').notNull(),
    kind: text({ enum: ['manual', 'oauth', 'token'] }).notNull(),
    step: text().notNull(),
    /** Of the `state` that goes to Segment and comes back; null once it has been used. */
    stateHash: text('state_hash').unique(),
    /** The authorize URL and the PKCE verifier, as JSON. */
    sealedAuthorization: blob('sealed_authorization', { mode: 'buffer' }),
    /** What came back with the consent; gone once it has been exchanged. */
    sealedCode: blob('sealed_code', { mode: 'buffer' }),
    /** When the code was first sent to Segment: one that was sent and is refused then has been used by us. */
    codeSentAtMs: integer('code_sent_at_ms'),
    /** Workspaces and sources to choose from, as JSON. */
    choices: text({ mode: 'json' }),
    /** What a manual set-up still waits for, as JSON. */
    missing: text({ mode: 'json' }),
    expiresAtMs: integer('expires_at_ms'),
    errorCode: text('error_code'),
    errorText: text('error_text'),
    createdAtMs: integer('created_at_ms').notNull(),
    updatedAtMs: integer('updated_at_ms').notNull(),
    endedAtMs: integer('ended_at_ms'),
  },
  (table) => [index('setups_connection').on(table.connectionId)],
)

/** What Segment granted by OAuth. A pasted token is a key of the connection and not here. */
export const segmentGrants = sqliteTable('segment_grants', {
  connectionId: text('connection_id').primaryKey(),
  /** `{accessToken, refreshToken?}` as JSON. */
  sealed: blob({ mode: 'buffer' }).notNull(),
  /** Of the access token; null where Segment named none. */
  expiresAtMs: integer('expires_at_ms'),
  canRefresh: integer('can_refresh', { mode: 'boolean' }).notNull(),
  /** Sources that the consent itself named, as JSON. */
  sources: text({ mode: 'json' }),
  grantedAtMs: integer('granted_at_ms').notNull(),
  refreshedAtMs: integer('refreshed_at_ms').notNull(),
  /** Whoever holds the lease refreshes; all others wait. */
  leaseId: text('lease_id'),
  leaseUntilMs: integer('lease_until_ms').notNull().default(0),
  /** Set when a refresh is sent and cleared with its answer: one that is left over tells of a crash in between. */
  refreshSentAtMs: integer('refresh_sent_at_ms'),
  /** Why it is of no use any more. */
  deadReason: text('dead_reason'),
})

/** What set-up made in a workspace: written before the call that makes it, so that a crash leaves nothing unknown. */
export const segmentDestinations = sqliteTable(
  'segment_destinations',
  {
    connectionId: text('connection_id').notNull(),
    sourceId: text('source_id').notNull(),
    setupId: text('setup_id').notNull(),
    /** Null until Segment has answered. */
    destinationId: text('destination_id'),
    createdAtMs: integer('created_at_ms').notNull(),
  },
  (table) => [primaryKey({ columns: [table.connectionId, table.sourceId] })],
)
