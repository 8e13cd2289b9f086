/** A row of `jobs` as the port names it, with what its lane counted. */
import type { Job } from '../core/job-ports.ts'
import { jobLane, type JobKind, type JobSpec, type JobStatus } from '../core/jobs.ts'
import type { StandingLane } from '../core/lanes.ts'
import type { Plan } from '../core/plan.ts'

export interface JobRow {
  id: string
  kind: JobKind
  connectionId: string
  laneId: number
  spec: string
  status: JobStatus
  error: string | null
  rate: number | null
  force: number
  handler: StandingLane
  dryRun: number
  plan: string | null
  checkpoint: string | null
  closed: number
  unitsTotal: number
  unitsDone: number
  outsideWindow: number
  notSelected: number
  unsent: number
  perSecond: number
  markAtMs: number
  createdAtMs: number
  startedAtMs: number | null
  endedAtMs: number | null
  accepted: number
  delivered: number
  filtered: number
  skipped: number
  rejected: number
}

const count = (name: string) =>
  `coalesce((SELECT sum(${name}) FROM lane_counts WHERE lane_id = job.lane_id AND minute = 0), 0) AS ${name}`

/** Columns of `JobRow` from `jobs job`. */
export const jobColumns = `job.id, job.kind, job.connection_id AS connectionId, job.lane_id AS laneId, job.spec, job.status,
  job.error, job.rate, job.force, job.handler, job.dry_run AS dryRun, job.plan, job.checkpoint, job.closed,
  job.units_total AS unitsTotal, job.units_done AS unitsDone, job.outside_window AS outsideWindow,
  job.not_selected AS notSelected, job.unsent, job.per_second AS perSecond, job.mark_at_ms AS markAtMs,
  job.created_at_ms AS createdAtMs, job.started_at_ms AS startedAtMs, job.ended_at_ms AS endedAtMs,
  ${['accepted', 'delivered', 'filtered', 'skipped', 'rejected'].map(count).join(', ')}`

export function toJob(row: JobRow): Job {
  const { accepted, delivered, filtered, skipped, rejected, markAtMs, ...job } = row
  const pending = accepted - delivered - filtered - skipped - rejected
  return {
    ...job,
    lane: jobLane(row.kind, row.id),
    spec: JSON.parse(row.spec) as JobSpec,
    error: row.error ?? undefined,
    rate: row.rate ?? undefined,
    force: row.force === 1,
    dryRun: row.dryRun === 1,
    closed: row.closed === 1,
    plan: row.plan === null ? undefined : (JSON.parse(row.plan) as Plan),
    checkpoint: row.checkpoint === null ? undefined : (JSON.parse(row.checkpoint) as unknown),
    startedAtMs: row.startedAtMs ?? undefined,
    endedAtMs: row.endedAtMs ?? undefined,
    totals: { accepted, delivered, filtered, skipped, rejected, pending },
    measuredAtMs: markAtMs,
  }
}
