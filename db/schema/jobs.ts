/**
 * Jobs: work that a person started over a past window (replay, export, redrive). Each has a lane of its own, which a
 * filler fills and the drain empties; what became of its entries is counted there.
 */
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'

export const jobs = sqliteTable(
  'jobs',
  {
    n: integer().primaryKey({ autoIncrement: true }),
    id: text().notNull().unique(),
    kind: text({ enum: ['replay', 'export', 'redrive'] }).notNull(),
    connectionId: text('connection_id').notNull(),
    laneId: integer('lane_id').notNull().unique(),
    /** What was asked for, as JSON. */
    spec: text().notNull(),
    status: text({
      enum: ['planned', 'running', 'paused', 'completed', 'cancelled', 'failed'],
    }).notNull(),
    /** Why it failed. */
    error: text(),
    /** Messages a second at most; null: no limit. */
    rate: integer(),
    /** Sends what was delivered before, too: claims are kept within the job alone. */
    force: integer({ mode: 'boolean' }).notNull().default(false),
    /** The standing lane whose handler drains it: `events` or `outbound`. */
    handler: text().notNull(),
    dryRun: integer('dry_run', { mode: 'boolean' }).notNull().default(false),
    plan: text(),
    /** How far the filler is, as JSON; null: not begun. Written with what it appended. */
    checkpoint: text(),
    /** Grows with each filler that takes the job; an older one can append nothing more. */
    fillEpoch: integer('fill_epoch').notNull().default(0),
    /** Nothing more will be appended: the lane ends when it is empty. */
    closed: integer({ mode: 'boolean' }).notNull().default(false),
    /** Of the source: how much there is, how much has been read; bytes, positions. */
    unitsTotal: integer('units_total').notNull().default(0),
    unitsDone: integer('units_done').notNull().default(0),
    outsideWindow: integer('outside_window').notNull().default(0),
    /** In the window, but of an event or type that was not asked for. */
    notSelected: integer('not_selected').notNull().default(0),
    /** What was in the lane and not sent when it was cancelled or failed. */
    unsent: integer().notNull().default(0),
    /** The pace as last measured: entries a second, and the entries and the moment it was measured from. */
    perSecond: integer('per_second').notNull().default(0),
    done: integer().notNull().default(0),
    markDone: integer('mark_done').notNull().default(0),
    markAtMs: integer('mark_at_ms').notNull().default(0),
    createdAtMs: integer('created_at_ms').notNull(),
    startedAtMs: integer('started_at_ms'),
    endedAtMs: integer('ended_at_ms'),
  },
  (table) => [index('jobs_connection').on(table.connectionId), index('jobs_ended').on(table.endedAtMs)],
)

/** The files of an archive as they were when the replay began, in the order of reading. Without rowid. */
export const jobFiles = sqliteTable(
  'job_files',
  {
    jobId: text('job_id').notNull(),
    n: integer().notNull(),
    file: text().notNull(),
    etag: text().notNull(),
    bytes: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.jobId, table.n] })],
)

/** What was odd in the source, by kind and file: counted, named, and no reason to stop. */
export const jobNotes = sqliteTable(
  'job_notes',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    jobId: text('job_id').notNull(),
    kind: text().notNull(),
    file: text().notNull(),
    count: integer().notNull(),
    /** Where, or what exactly; of the first of them. */
    detail: text(),
  },
  (table) => [uniqueIndex('job_notes_what').on(table.jobId, table.kind, table.file)],
)

/**
 * Entries that a redrive took: position in its lane, place of the original, and what the original was until then. Without
 * rowid.
 */
export const redriven = sqliteTable(
  'redriven',
  {
    laneId: integer('lane_id').notNull(),
    seq: integer().notNull(),
    originLaneId: integer('origin_lane_id').notNull(),
    originSeq: integer('origin_seq').notNull(),
    sole: integer({ mode: 'boolean' }).notNull(),
    outcome: integer().notNull(),
    reason: text(),
    path: text(),
    detail: text(),
    settingsVersion: integer('settings_version').notNull(),
    /** Whether the original is pending again because of this. */
    open: integer({ mode: 'boolean' }).notNull().default(true),
  },
  (table) => [
    primaryKey({ columns: [table.laneId, table.seq] }),
    index('redriven_origin').on(table.originLaneId, table.originSeq),
  ],
)
