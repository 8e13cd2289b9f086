/** A row of `audiences` as the port names it, and the counters that are kept in step with its members. */
import type { Audience, HeldRemovals, Removals, SyncMode, SyncRun } from '../core/audience-ports.ts'
import type { AudienceWarning } from '../core/audiences/limits.ts'
import type { Db } from './client.ts'

export interface AudienceSqlRow {
  n: number
  connectionId: string
  key: string
  unit: string
  idType: string | null
  createList: number
  removals: Removals
  computationId: string | null
  warnings: string
  state: Audience['state']
  reason: string | null
  listFound: number
  desired: number
  applied: number
  addsDue: number
  setAside: number
  guard: string | null
  approved: number
  requestedMode: SyncMode | null
  fullAfter: string | null
  inFlight: number
  lastRun: string | null
  createdAtMs: number
  updatedAtMs: number
  failed: number
}

export const audienceColumns = `n, connection_id AS connectionId, key, unit, id_type AS idType, create_list AS createList,
  removals, computation_id AS computationId, warnings, state, reason, list_found AS listFound, desired, applied,
  adds_due AS addsDue, set_aside AS setAside, guard, approved, requested_mode AS requestedMode,
  full_after AS fullAfter, in_flight AS inFlight, last_run AS lastRun, created_at_ms AS createdAtMs, updated_at_ms AS updatedAtMs,
  (SELECT count(*) FROM audience_members WHERE audience = n AND error IS NOT NULL) AS failed`

export function toAudience(row: AudienceSqlRow): Audience {
  return {
    ...row,
    idType: row.idType ?? undefined,
    createList: row.createList === 1,
    computationId: row.computationId ?? undefined,
    warnings: JSON.parse(row.warnings) as AudienceWarning[],
    reason: row.reason ?? undefined,
    listFound: row.listFound === 1,
    removesDue: row.applied - row.desired + row.addsDue,
    guard: row.guard === null ? undefined : (JSON.parse(row.guard) as HeldRemovals),
    requestedMode: row.requestedMode ?? undefined,
    fullAfter: row.fullAfter ?? undefined,
    inFlight: row.inFlight === 1,
    lastRun: row.lastRun === null ? undefined : (JSON.parse(row.lastRun) as SyncRun),
  }
}

/** A member as counted: whether she is desired, and applied. */
export interface Standing {
  desired: number
  applied: number
}

export interface Counts {
  desired: number
  applied: number
  addsDue: number
}

const shareOf = ({ desired, applied }: Standing): Counts => ({
  desired: desired === 1 ? 1 : 0,
  applied,
  addsDue: desired === 1 && applied === 0 ? 1 : 0,
})

/** Adds up what changed standings do to the counters of one audience. */
export class Tally {
  readonly counts: Counts = { desired: 0, applied: 0, addsDue: 0 }

  move(before: Standing | undefined, after: Standing | undefined): void {
    if (before) this.add(shareOf(before), -1)
    if (after) this.add(shareOf(after), 1)
  }

  private add({ desired, applied, addsDue }: Counts, sign: 1 | -1): void {
    this.counts.desired += sign * desired
    this.counts.applied += sign * applied
    this.counts.addsDue += sign * addsDue
  }
}

/** Runs in the caller's transaction. */
export function prepareTally({ sqlite }: Db): (audience: number, tally: Pick<Tally, 'counts'>) => void {
  const add = sqlite.prepare<[object]>(
    `UPDATE audiences SET desired = desired + @desired, applied = applied + @applied, adds_due = adds_due + @addsDue
     WHERE n = @audience`,
  )
  return (audience, { counts }) => {
    if (counts.desired !== 0 || counts.applied !== 0 || counts.addsDue !== 0) add.run({ audience, ...counts })
  }
}

/**
 * While it is not known what became of a call, whoever comes is taken to be missing on the list and whoever goes to be on
 * it: one id too many in the next call, and none that is forgotten. The same holds for who was erased and comes back.
 */
export function appliedAfter(known: Standing | undefined, desired: number, inFlight: boolean): number {
  if (known === undefined || known.desired === desired) return known?.applied ?? 0
  if (inFlight || known.desired === 2) return desired === 1 ? 0 : 1
  return known.applied
}

/** Whether a call for this audience has left and what became of it is not known. */
export function prepareIsInFlight({ sqlite }: Db): (audience: number) => boolean {
  const find = sqlite.prepare<[number], number>('SELECT in_flight FROM audiences WHERE n = ?').pluck()
  return (audience) => find.get(audience) === 1
}
