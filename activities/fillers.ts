/** What the fillers of jobs have in common: each reads its source from a checkpoint on, step by step. */
import type { Filling, Job } from '../core/ports.ts'
import type { ParsedBody } from './parsed-bodies.ts'

/** One step of a filler: at most about a thousand entries, small enough for one transaction. */
export interface FillStep {
  filling: Filling
  /** Entries that it appends. */
  entries: number
  /** Of its one body, for the drain of this process. */
  parsed?: ParsedBody
}

/** Reads the source of a job from where its checkpoint says. It writes nothing of the job: whoever runs it does. */
export type Filler = (job: Job, signal: AbortSignal) => AsyncIterable<FillStep>
