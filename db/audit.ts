/** The record of changes: bounded in number and in size, newest kept. */
import { and, desc, eq, lt, lte } from 'drizzle-orm'
import type { AccessStore, Actor, AuditEntry } from '../core/ports.ts'
import { immediate, type Db } from './client.ts'
import { audit } from './schema/access.ts'

const entriesMax = 100_000
/** Old entries go this many at a time, so that not every change looks for one. */
const purgeEvery = 500
/** Of each of `before` and `after`. */
const charsMax = 8_000

type Row = typeof audit.$inferSelect
type AuditStore = Pick<AccessStore, 'beginAudit' | 'endAudit' | 'audit' | 'auditPage'>

export function createAuditStore(db: Db): AuditStore {
  function insert(entry: Omit<AuditEntry, 'n'>): number {
    const { lastInsertRowid } = db.drizzle.insert(audit).values(toRow(entry)).run()
    const n = Number(lastInsertRowid)
    if (n % purgeEvery === 0)
      db.drizzle
        .delete(audit)
        .where(lte(audit.n, n - entriesMax))
        .run()
    return n
  }
  return {
    beginAudit: (entry) => immediate(db, () => insert({ ...entry, after: undefined, status: undefined })),
    async endAudit(n, end) {
      await immediate(db, () => {
        if (end === undefined) return db.drizzle.delete(audit).where(eq(audit.n, n)).run()
        const { status, target } = end
        const set = { status, after: text(end.after) }
        const named = target && { targetKind: target.kind, targetId: target.id ?? null }
        return db.drizzle
          .update(audit)
          .set({ ...set, ...named })
          .where(eq(audit.n, n))
          .run()
      })
    },
    async audit(entry) {
      await immediate(db, () => insert(entry))
    },
    async auditPage({ before = Number.MAX_SAFE_INTEGER, targetId, limit }) {
      const isOf = targetId === undefined ? undefined : eq(audit.targetId, targetId)
      const rows = db.drizzle
        .select()
        .from(audit)
        .where(and(lt(audit.n, before), isOf))
      return rows.orderBy(desc(audit.n)).limit(limit).all().map(toEntry)
    },
  }
}

/** What is too long is told to be so: half of a JSON text is none. */
function text(value: unknown): string | null {
  if (value === undefined) return null
  const json = JSON.stringify(value)
  return json.length <= charsMax ? json : JSON.stringify({ tooLong: json.length })
}

function toRow({ atMs, actor, action, target, before, after, status }: Omit<AuditEntry, 'n'>) {
  return {
    ...{ atMs, action: action.slice(0, 300) },
    ...(actor.kind === 'key'
      ? { actorKind: actor.kind, actorId: actor.id, actorName: actor.name, actorRole: actor.role }
      : { actorKind: actor.kind, actorName: actor.name }),
    ...{ targetKind: target.kind, targetId: target.id?.slice(0, 300) ?? null },
    ...{ before: text(before), after: text(after), status: status ?? null },
  }
}

function toEntry(row: Row): AuditEntry {
  const { n, atMs, action, targetKind, targetId, before, after, status } = row
  return {
    ...{ n, atMs, action, actor: actorOf(row) },
    target: { kind: targetKind, id: targetId ?? undefined },
    before: before === null ? undefined : (JSON.parse(before) as unknown),
    after: after === null ? undefined : (JSON.parse(after) as unknown),
    status: status ?? undefined,
  }
}

function actorOf({ actorKind, actorId, actorName, actorRole }: Row): Actor {
  return actorKind === 'system'
    ? { kind: actorKind, name: actorName }
    : { kind: actorKind, id: actorId ?? '', name: actorName, role: actorRole ?? 'viewer' }
}
