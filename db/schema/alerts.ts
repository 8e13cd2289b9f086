/** Alerts: where they go, which conditions hold now, what was told and how the telling went. */
import { blob, index, integer, real, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** One row, number 1, made by the first who writes it. */
export const alertSettings = sqliteTable('alert_settings', {
  id: integer().primaryKey(),
  /** Null: alerts are recorded and sent nowhere. */
  url: text(),
  /** What the webhook is signed with, sealed. */
  secret: blob({ mode: 'buffer' }),
  /** Kinds that are off, as a JSON array: a kind that comes with a newer version is on. */
  kindsOff: text('kinds_off', { mode: 'json' }).notNull(),
  /** Share of what ended, 0 to 1. */
  rejectionRateLimit: real('rejection_rate_limit').notNull(),
  updatedAtMs: integer('updated_at_ms').notNull(),
})

/** A condition that holds now and has been told of; it goes when it is over. */
export const alertConditions = sqliteTable('alert_conditions', {
  /** Kind, connection and what it is about: `lane_stalled:con_1:events`. */
  key: text().primaryKey(),
  kind: text().notNull(),
  connectionId: text('connection_id').notNull(),
  /** The lane, audience or the like; null where it is the connection as a whole. */
  subject: text(),
  text: text().notNull(),
  sinceMs: integer('since_ms').notNull(),
})

export const alerts = sqliteTable(
  'alerts',
  {
    id: text().primaryKey(),
    kind: text().notNull(),
    state: text({ enum: ['firing', 'recovered', 'test'] }).notNull(),
    connectionId: text('connection_id'),
    subject: text(),
    text: text().notNull(),
    /** When the condition began; for a recovery it is that of the alert that it ends. */
    sinceMs: integer('since_ms').notNull(),
    createdAtMs: integer('created_at_ms').notNull(),
    delivery: text({ enum: ['off', 'waiting', 'sending', 'delivered', 'given_up'] }).notNull(),
    /** When a run was last asked for: one that is long ago may have been lost with Temporal's database. */
    startedAtMs: integer('started_at_ms'),
    attempts: integer().notNull().default(0),
    lastAttemptAtMs: integer('last_attempt_at_ms'),
    lastStatus: integer('last_status'),
    /** The receiver's words or the fault, cut. */
    lastAnswer: text('last_answer'),
    endedAtMs: integer('ended_at_ms'),
  },
  (table) => [index('alerts_delivery').on(table.delivery), index('alerts_created').on(table.createdAtMs)],
)

/** Who does what only one process may do at a time, and until when. */
export const leases = sqliteTable('leases', {
  name: text().primaryKey(),
  owner: text().notNull(),
  untilMs: integer('until_ms').notNull(),
})
