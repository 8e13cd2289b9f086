/** Replay, export and redrive are one thing with three names: how each is called in the API, and what it is. */
import type { components } from '../../../console/api/schema.d.ts'

type Schemas = components['schemas']
/** What is of one kind alone is absent from the others. */
export type Job = Schemas['Job'] &
  Partial<Pick<Schemas['Replay'], 'from' | 'to' | 'path' | 'source' | 'dryRun' | 'force'>> &
  Partial<Pick<Schemas['Redrive'], 'outcome' | 'lanes' | 'since' | 'until'>>
export type Plan = Schemas['Plan']

export type JobKind = 'replay' | 'export' | 'redrive'

/** Paths of the document, so that the client knows their types. */
export const jobPaths = {
  replay: {
    list: '/api/v1/replays',
    one: '/api/v1/replays/{id}',
    pause: '/api/v1/replays/{id}/pause',
    resume: '/api/v1/replays/{id}/resume',
    cancel: '/api/v1/replays/{id}/cancel',
  },
  export: {
    list: '/api/v1/exports',
    one: '/api/v1/exports/{id}',
    pause: '/api/v1/exports/{id}/pause',
    resume: '/api/v1/exports/{id}/resume',
    cancel: '/api/v1/exports/{id}/cancel',
  },
  redrive: {
    list: '/api/v1/redrives',
    one: '/api/v1/redrives/{id}',
    pause: '/api/v1/redrives/{id}/pause',
    resume: '/api/v1/redrives/{id}/resume',
    cancel: '/api/v1/redrives/{id}/cancel',
  },
} as const

export const isOver = ({ status }: Pick<Job, 'status'>): boolean =>
  status === 'completed' || status === 'cancelled' || status === 'failed'

/** A dry run is over with its plan; its status stays `planned`. */
export const isSettled = (job: Job): boolean =>
  isOver(job) || (job.dryRun === true && (job.plan !== undefined || job.error !== undefined))
