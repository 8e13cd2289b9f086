/**
 * Replay, export and redrive are one thing: a filler and a lane. What differs between them is a row here. Zod-free:
 * workflows import this file.
 */
import type { LaneName, StandingLane } from './lanes.ts'
import type { Ending } from './outcome.ts'
import type { RunStart } from './run-ports.ts'
import type { MessageType } from './settings.ts'

export type JobKind = 'replay' | 'export' | 'redrive'
export type JobStatus = 'planned' | 'running' | 'paused' | 'completed' | 'cancelled' | 'failed'

export interface ReplaySpec {
  source: 'store' | 'archive'
  /** Of an archive, as resolved. */
  path?: string
  /** Times of receipt: from this one on, up to but without that one. */
  fromMs: number
  toMs: number
  /** The source's own names; absent: all. */
  events?: string[]
  types?: MessageType[]
}
export interface ExportSpec {
  fromMs: number
  toMs: number
}
export interface RedriveSpec {
  outcome: Exclude<Ending, 'delivered'>
  lanes: StandingLane[]
  sinceMs?: number
  untilMs?: number
  messageIds?: string[]
}
export type JobSpec = ReplaySpec | ExportSpec | RedriveSpec

interface KindRow {
  /** The exported name of its workflow: wire format. */
  workflow: string
  /** What it does, for a person in the Web UI. */
  says: string
}

export const jobKinds: Record<JobKind, KindRow> = {
  replay: {
    workflow: 'replayBackfill',
    says: 'Forwards a past window of messages again, from the store or an archive.',
  },
  export: { workflow: 'exportOutbound', says: 'Sends a past window of Statsig events to Segment again.' },
  redrive: {
    workflow: 'redriveMessages',
    says: 'Sends messages again that were rejected, filtered or skipped, with the settings of now.',
  },
}

/** Entries that a filler may be ahead of the drain. */
export const aheadMax = 10_000

/** The lane of a job; its workflow has the same name. */
export function jobLane(kind: JobKind, id: string): LaneName {
  return `${kind}:${id}`
}

/** The kind and id of a job by the name of its lane; undefined for a standing lane. */
export function jobOfLane(lane: LaneName): { kind: JobKind; id: string } | undefined {
  const [kind = '', id] = lane.split(':', 2)
  return id === undefined ? undefined : { kind: kind as JobKind, id }
}

/** How a job's workflow is started; the store knows all the rest. */
export function jobRun({ kind, id, connectionId }: JobName): RunStart {
  const { workflow, says } = jobKinds[kind]
  return {
    workflow,
    workflowId: jobLane(kind, id),
    taskQueue: 'causeway-bulk',
    args: [{ jobId: id, connectionId, kind }],
    summary: `${kind} ${id} of ${connectionId}`,
    details: `${says} Its lane is \`${jobLane(kind, id)}\`; pause, resume, cancel and rate are updates.`,
    connectionId,
    lane: jobLane(kind, id),
  }
}

export interface JobName {
  kind: JobKind
  id: string
  connectionId: string
}

export const isOver = (status: JobStatus): boolean =>
  status === 'completed' || status === 'cancelled' || status === 'failed'

interface Progress {
  closed: boolean
  accepted: number
  unitsTotal: number
  unitsDone: number
}

/**
 * Messages that there are to do: exact once the filler has read all of its source; until then what is in the lane,
 * extended by the share of the source that has been read.
 */
export function plannedOf({ closed, accepted, unitsTotal, unitsDone }: Progress): number {
  if (closed || unitsDone === 0 || unitsDone >= unitsTotal) return accepted
  return Math.max(accepted, Math.round((accepted / unitsDone) * unitsTotal))
}

/** Seconds until the end at this pace; null where nothing moves. */
export function etaOf(todo: number, perSecond: number): number | null {
  if (todo <= 0) return 0
  return perSecond > 0 ? Math.ceil(todo / perSecond) : null
}

/** What a job's run says of itself in the Temporal Web UI, in Markdown. */
export function describeJob(job: {
  status: string
  says: string
  planned: number
  done: number
  delivered: number
  perSecond: number
  error?: string | undefined
}): string {
  const { status, says, planned, done, delivered, perSecond, error } = job
  const share = planned === 0 ? 0 : Math.min(100, Math.floor((done / planned) * 100))
  const eta = etaOf(planned - done, perSecond)
  const pace = status === 'running' && eta !== null ? `, ${perSecond} a second, about ${eta} s to go` : ''
  return [
    `**${status}**: ${says}`,
    ...(error === undefined ? [] : [`> ${error}`]),
    `**${done}** of ${planned} done (${share} %), ${delivered} delivered${pace}`,
  ].join('\n\n')
}
