/** What Segment granted by OAuth, sealed; and the lease by which one process at a time refreshes it. */
import { and, asc, eq, lte, or } from 'drizzle-orm'
import type { Grant, GrantStore, SegmentTokens } from '../core/ports.ts'
import { immediate, type Db } from './client.ts'
import { segmentGrants } from './schema/setup.ts'
import type { SecretBox } from './secret-box.ts'

type Row = typeof segmentGrants.$inferSelect
type Sealed = Pick<SegmentTokens, 'accessToken' | 'refreshToken'>

/** What the text is bound to when it is sealed. */
export const grantPurpose = (connectionId: string): string => `${connectionId}/segment-grant`

const is = (connectionId: string) => eq(segmentGrants.connectionId, connectionId)
const holds = (connectionId: string, leaseId: string) =>
  and(is(connectionId), eq(segmentGrants.leaseId, leaseId))

export function createGrantStore(db: Db, box: SecretBox): GrantStore {
  const rowOf = (id: string) => db.drizzle.select().from(segmentGrants).where(is(id)).get()
  const seal = (connectionId: string, { accessToken, refreshToken }: Sealed) =>
    box.seal(JSON.stringify({ accessToken, refreshToken }), grantPurpose(connectionId))

  return {
    async put(connectionId, tokens, nowMs) {
      const row = () => ({
        ...{ connectionId, sealed: seal(connectionId, tokens), expiresAtMs: tokens.expiresAtMs ?? null },
        ...{ canRefresh: tokens.refreshToken !== undefined, sources: tokens.sources ?? null },
        ...{ grantedAtMs: nowMs, refreshedAtMs: nowMs, deadReason: null, refreshSentAtMs: null },
        ...{ leaseId: null, leaseUntilMs: 0 },
      })
      await immediate(db, () => {
        const set = row()
        const target = segmentGrants.connectionId
        db.drizzle.insert(segmentGrants).values(set).onConflictDoUpdate({ target, set }).run()
      })
    },
    async get(connectionId) {
      const row = rowOf(connectionId)
      if (!row) return undefined
      const tokens = JSON.parse(box.open(row.sealed, grantPurpose(connectionId))) as Partial<Sealed>
      return {
        ...outlineOf(row),
        ...{ accessToken: tokens.accessToken ?? '', refreshToken: tokens.refreshToken },
      }
    },
    async outline(connectionId) {
      const row = rowOf(connectionId)
      return row && { ...outlineOf(row), canRefresh: row.canRefresh }
    },
    async list() {
      const ids = db.drizzle.select({ id: segmentGrants.connectionId }).from(segmentGrants)
      return ids
        .orderBy(asc(segmentGrants.grantedAtMs))
        .all()
        .map(({ id }) => id)
    },
    ...createLeases(db, seal),
    async remove(connectionId) {
      await immediate(db, () => db.drizzle.delete(segmentGrants).where(is(connectionId)).run())
    },
  }
}

type Seal = (connectionId: string, tokens: Sealed) => Buffer

function createLeases(db: Db, seal: Seal): Pick<GrantStore, 'lease' | 'renew' | 'release'> {
  return {
    lease: (connectionId, leaseId, nowMs, untilMs) =>
      immediate(db, () => {
        const isFree = or(lte(segmentGrants.leaseUntilMs, nowMs), eq(segmentGrants.leaseId, leaseId))
        const set = { leaseId, leaseUntilMs: untilMs, refreshSentAtMs: nowMs }
        const taken = db.drizzle
          .update(segmentGrants)
          .set(set)
          .where(and(is(connectionId), isFree))
          .run()
        return taken.changes === 1
      }),
    renew: (connectionId, leaseId, tokens, nowMs) =>
      immediate(db, () => {
        const set = {
          ...{ sealed: seal(connectionId, tokens), expiresAtMs: tokens.expiresAtMs ?? null },
          ...{ canRefresh: tokens.refreshToken !== undefined, refreshedAtMs: nowMs, deadReason: null },
          ...{ leaseId: null, leaseUntilMs: 0, refreshSentAtMs: null },
        }
        return (
          db.drizzle.update(segmentGrants).set(set).where(holds(connectionId, leaseId)).run().changes === 1
        )
      }),
    async release(connectionId, leaseId, { isAnswered, deadReason }) {
      const set = {
        ...{ leaseId: null, leaseUntilMs: 0 },
        ...(isAnswered ? { refreshSentAtMs: null } : {}),
        ...(deadReason === undefined ? {} : { deadReason: deadReason.slice(0, 1_000) }),
      }
      await immediate(db, () =>
        db.drizzle.update(segmentGrants).set(set).where(holds(connectionId, leaseId)).run(),
      )
    },
  }
}

function outlineOf(row: Row): Omit<Grant, 'accessToken' | 'refreshToken'> {
  return {
    ...{ connectionId: row.connectionId, refreshedAtMs: row.refreshedAtMs },
    expiresAtMs: row.expiresAtMs ?? undefined,
    sources: (row.sources as string[] | null) ?? undefined,
    isRefreshOpen: row.refreshSentAtMs !== null,
    deadReason: row.deadReason ?? undefined,
  }
}
