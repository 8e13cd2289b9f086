/** Keys of the control plane, the console's sessions, the record of changes. Secrets are here as hashes alone. */
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

export const apiKeys = sqliteTable('api_keys', {
  n: integer().primaryKey({ autoIncrement: true }),
  id: text().notNull().unique(),
  name: text().notNull(),
  role: text({ enum: ['viewer', 'operator', 'admin'] }).notNull(),
  hash: text().notNull().unique(),
  createdAtMs: integer('created_at_ms').notNull(),
  lastUsedAtMs: integer('last_used_at_ms'),
  revokedAtMs: integer('revoked_at_ms'),
})

export const sessions = sqliteTable('sessions', {
  hash: text().primaryKey(),
  /** Of the key by which it was opened: with that key, the session ends. */
  keyHash: text('key_hash').notNull(),
  createdAtMs: integer('created_at_ms').notNull(),
  expiresAtMs: integer('expires_at_ms').notNull(),
})

/** Every change, with who made it. `before` and `after` are JSON; `status` null: begun, or a workflow's. */
export const audit = sqliteTable(
  'audit',
  {
    n: integer().primaryKey({ autoIncrement: true }),
    atMs: integer('at_ms').notNull(),
    actorKind: text('actor_kind', { enum: ['key', 'system'] }).notNull(),
    actorId: text('actor_id'),
    actorName: text('actor_name').notNull(),
    actorRole: text('actor_role', { enum: ['viewer', 'operator', 'admin'] }),
    action: text().notNull(),
    targetKind: text('target_kind').notNull(),
    targetId: text('target_id'),
    before: text(),
    after: text(),
    status: integer(),
  },
  (table) => [index('audit_target').on(table.targetId)],
)
