/**
 * What the store must provide for jobs: replays, exports and redrives. Each is a filler and a lane; this is how the
 * filler writes, how the drain is steered, and how both are told of. Part of core/ports.ts.
 */
import type { JobKind, JobSpec, JobStatus } from './jobs.ts'
import type { LaneName, StandingLane } from './lanes.ts'
import type { Outcome } from './outcome.ts'
import type { AcceptedRequest, LogRow } from './ports.ts'
import type { Plan } from './plan.ts'
import type { Totals } from './read-ports.ts'

export interface NewJob {
  id: string
  kind: JobKind
  connectionId: string
  spec: JobSpec
  /** Messages a second at most. */
  rate: number | undefined
  force: boolean
  /** The standing lane whose handler drains it. */
  handler: StandingLane
  dryRun: boolean
  nowMs: number
}

export interface Job extends Omit<NewJob, 'nowMs'> {
  laneId: number
  lane: LaneName
  status: JobStatus
  error: string | undefined
  plan: Plan | undefined
  /** How far the filler is; undefined: not begun. */
  checkpoint: unknown
  /** Nothing more will be appended. */
  closed: boolean
  unitsTotal: number
  unitsDone: number
  outsideWindow: number
  notSelected: number
  unsent: number
  /** Of its lane. */
  totals: Totals
  /** Entries ended a second, as last measured, and when that was. */
  perSecond: number
  measuredAtMs: number
  createdAtMs: number
  startedAtMs: number | undefined
  endedAtMs: number | undefined
}

/** A filler's hold on a job; whatever it appends is refused once another one has taken the job. */
export interface FillLease {
  jobId: string
  epoch: number
}

/** Something odd in the source that stopped nothing. */
export interface JobNote {
  kind: string
  file: string
  count: number
  detail?: string | undefined
}

/** What a filler appends in one transaction, with where it goes on. */
export interface Filling {
  /** Items of requests that we hold; `items` undefined: the first `count`. */
  references?: { requestId: number; items: number[] | undefined; count: number; sole: boolean }[]
  /** Bodies that we do not hold yet; all of their items are appended. */
  bodies?: (Pick<AcceptedRequest, 'receivedAtMs' | 'source' | 'call' | 'body'> & { count: number })[]
  checkpoint: unknown
  unitsDone?: number
  unitsTotal?: number
  outsideWindow?: number
  notSelected?: number
  notes?: JobNote[]
  closed?: boolean
}

/** How things stand after a step. */
export interface FillState {
  status: JobStatus
  /** Whether its lane is held: by a pause of the job or the connection, or for attention. */
  held: boolean
  /** Entries in the lane that the drain has not ended. */
  ahead: number
}

/** What the drain of a job's lane goes by; read again for each run. */
export interface Steering {
  rate: number | undefined
  /** Nothing more is to be sent: it was cancelled, or it failed. */
  over: boolean
  /** Nothing more will be appended. */
  closed: boolean
  handler: StandingLane
  /** The moment at which age is taken; undefined: at receipt. */
  ageAtMs: number | undefined
}

/** `requestIds`: of the bodies that were appended, in their order. */
export interface Filled extends FillState {
  requestIds: number[]
}

export interface RedriveStep extends FillState {
  taken: number
  /** Nothing is left to look at. */
  done: boolean
}

export interface ArchiveFile {
  file: string
  /** Changes when the content does. */
  etag: string
  bytes: number
}

/** One row of a job's report: an entry that was not delivered. */
export interface ReportRow {
  seq: number
  messageId: string | undefined
  type: string | undefined
  event: string | undefined
  userId: string | undefined
  outcome: Outcome
  reason: string | undefined
  path: string | undefined
  detail: string | undefined
  requestId: number
  item: number
}

export interface JobStore {
  /** Makes the job and its lane. Throws `not_found` where there is no such connection. */
  create(job: NewJob): Promise<Job>
  get(id: string): Promise<Job | undefined>
  /** Removes what jobs that ended before a moment leave behind, but for themselves. Hands out numbers of rows. */
  purge(endedBeforeMs: number): AsyncIterable<number>
  byLane(connectionId: string, lane: LaneName): Promise<Job | undefined>
  /** Newest first, after the given id; of one kind, and of one connection where it is named. */
  list(
    query: { kind: JobKind; connectionId?: string | undefined },
    page: { after?: string | undefined; limit: number },
  ): Promise<Job[]>
  /** `planned` becomes `running`; anything else stays. */
  begin(id: string, nowMs: number): Promise<Job>
  /** Throws `job_over` once it has ended or been cancelled. */
  steer(id: string, change: JobChange, nowMs: number): Promise<Job>
  savePlan(id: string, plan: Plan): Promise<void>
  /**
   * Ends it. What is in the lane unsent leaves it, in short transactions, and is counted; entries that a redrive took
   * and did not send are what they were before. May be called again.
   */
  end(id: string, how: 'completed' | 'failed', error: string | undefined, nowMs: number): Promise<Job>
  /** Shows that somebody works on it, so that the sweep leaves it alone. */
  touch(id: string, nowMs: number): Promise<void>

  openFill(id: string, nowMs: number): Promise<FillLease>
  /** Throws `lane_lost` where another filler has the job. */
  fill(lease: FillLease, filling: Filling, nowMs: number): Promise<Filled>
  fillState(lease: FillLease): Promise<FillState>
  /** Takes the next entries that the redrive's spec fits, or looks at the next few thousand in vain. */
  redrive(lease: FillLease, max: number, nowMs: number): Promise<RedriveStep>

  steering(laneId: number): Promise<Steering | undefined>
  /** Whether nothing more will come and everything has ended. */
  isDrained(laneId: number): Promise<boolean>
  /** Age of the oldest entry that waits in a live lane that nobody holds; 0 where none does. */
  liveLagMs(nowMs: number): Promise<number>

  putFiles(id: string, from: number, files: ArchiveFile[]): Promise<void>
  file(id: string, n: number): Promise<ArchiveFile | undefined>
  filesHeld(id: string): Promise<{ files: number; bytes: number }>
  notes(id: string): Promise<JobNote[]>
  /** Entries that were not delivered, in order, after a position. */
  report(id: string, afterSeq: number, limit: number): Promise<ReportRow[]>
  /** Which of these ids were claimed by an entry before, on the job's side. */
  claimed(id: string, messageIds: string[]): Promise<Set<string>>

  /** What is known of a request besides its body; undefined once it has been purged. */
  request(
    requestId: number,
  ): Promise<Pick<LogRow, 'source' | 'call' | 'receivedAtMs' | 'callerIp'> | undefined>
  /** Positions of the standing lanes at this moment: where a replay from the store ends. */
  heads(connectionId: string, lanes: StandingLane[]): Promise<Record<string, number>>
  /** Rows of a lane's log received in a window, after a position and up to another; looks at `limit` rows at most. */
  windowRows(
    connectionId: string,
    lane: StandingLane,
    window: { after: number; upTo: number; fromMs: number; toMs: number; limit: number },
  ): Promise<{
    rows: LogRow[]
    lookedUpTo: number
    /** Of rows outside the window: their last position, and how many entries they are. */
    outside: { lastSeq: number; count: number }[]
  }>
}

/** What the drain reads of jobs. */
export type BulkStore = Pick<JobStore, 'byLane' | 'steering' | 'isDrained' | 'liveLagMs'>

export type JobChange = 'pause' | 'resume' | 'cancel' | { rate: number | null } | { fail: string }

export interface ArchiveLine {
  /** Without its line break; empty for a blank line. A view: to be used before the next ones are asked for. */
  bytes: Buffer
  /** Where the next line begins, in bytes of the decompressed text. */
  end: number
  /** `bom`, `crlf`, `blank`, `no_last_newline`, `line_too_long`, `separator_in_text`. */
  oddities: readonly string[]
}

/** Something odd of the file as a whole: `several_members`, `cut`, `corrupt`, `empty`. */
export interface FileNote {
  note: string
  detail: string | undefined
}

/** Where archives are: folders, buckets. Made in clients/. */
export interface ArchiveAccess {
  /** The path as it is to be used. Throws `path_not_allowed`; touches no network. */
  resolve(path: string): Promise<string>
  /** All files of an archive, in the order of their names, or `only` that one. Throws `archive_unreadable`, `archive_forbidden`. */
  list(path: string, only?: string): AsyncIterable<ArchiveFile>
  /**
   * The lines of one file, from an offset in its text on, as many together as one piece of it held, and what is odd in
   * the file as a whole. Throws `archive_file_gone` or `archive_file_changed`.
   */
  lines(
    path: string,
    file: ArchiveFile,
    offset: number,
    signal?: AbortSignal,
  ): AsyncIterable<ArchiveLine[] | FileNote>
}
