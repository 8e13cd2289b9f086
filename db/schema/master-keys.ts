/** Rotations of the master key. No table says which key is the first: who starts a process does. */
import { blob, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/**
 * One row a rotation; the newest says which key seals now. While it is open, each of its two keys stands here sealed by
 * the other, so that a process which was started with either reads and writes everything.
 */
export const keyRotations = sqliteTable('key_rotations', {
  n: integer().primaryKey({ autoIncrement: true }),
  /** Ids of the keys, in hex. */
  fromKey: text('from_key').notNull(),
  toKey: text('to_key').notNull(),
  /** Both are null once it is finished. */
  newByOld: blob('new_by_old', { mode: 'buffer' }),
  oldByNew: blob('old_by_new', { mode: 'buffer' }),
  startedAtMs: integer('started_at_ms').notNull(),
  /** When nothing was sealed by the old key any more. */
  resealedAtMs: integer('resealed_at_ms'),
  finishedAtMs: integer('finished_at_ms'),
})
