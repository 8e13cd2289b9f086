/** Replays, exports and redrives: one thing with three names. */
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { call, idempotent } from './client.ts'

export const jobKinds = ['replays', 'exports', 'redrives'] as const
export type JobKind = (typeof jobKinds)[number]
export type JobStatus = 'planned' | 'running' | 'paused' | 'completed' | 'cancelled' | 'failed'

export interface Plan {
  total: number
  deliverable: number
  delivered: number
  tooOld: number
  outsideWindow?: number
  byDay: Record<string, number>
  byType?: Record<string, number>
  byEvent?: Record<string, number>
  filtered?: Record<string, number>
  skipped?: Record<string, number>
  rejected?: Record<string, number>
  estimateSeconds?: number
}

export interface JobCounts {
  planned: number
  done: number
  delivered: number
  filtered: number
  skipped: number
  rejected: number
  outsideWindow?: number
}

export interface Job {
  id: string
  connectionId: string
  status: JobStatus
  counts: JobCounts
  rate?: number | null
  ratePerSecond: number
  etaSeconds: number | null
  plan?: Plan | null
  error?: string | { text?: string; message?: string } | null
  source?: string
  path?: string | null
  from?: string
  to?: string
  dryRun?: boolean
  workflowId: string
  temporalUrl?: string
  createdAt?: string
  startedAt?: string | null
  endedAt?: string | null
}

const isMoving = (job: Job | undefined): boolean => job !== undefined && !isOver(job.status)
export const isOver = (status: JobStatus): boolean =>
  status === 'completed' || status === 'cancelled' || status === 'failed'

export const jobsQuery = (kind: JobKind, connectionId: string) =>
  queryOptions({
    queryKey: ['jobs', kind, connectionId],
    queryFn: async () => {
      const page = await call<{ data: Job[] }>('GET', `/${kind}`, { query: { limit: 100 } })
      return page.data.filter((job) => job.connectionId === connectionId)
    },
    refetchInterval: ({ state }) => (state.data?.some(isMoving) ? 2_000 : 10_000),
  })

export const jobQuery = (kind: JobKind, id: string) =>
  queryOptions({
    queryKey: ['jobs', kind, 'one', id],
    queryFn: () => call<Job>('GET', `/${kind}/${id}`),
    refetchInterval: ({ state }) => (isMoving(state.data) ? 1_000 : false),
  })

/** Starts one; answers it. */
export function useStartJob(kind: JobKind, connectionId: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: object) =>
      call<Job>('POST', `/connections/${connectionId}/${kind}`, { body, headers: idempotent() }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['jobs', kind] }),
  })
}

export type Step = 'pause' | 'resume' | 'cancel' | { rate: number | null }

export function useSteerJob(kind: JobKind, id: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (step: Step) =>
      typeof step === 'string'
        ? call<Job>('POST', `/${kind}/${id}/${step}`, { headers: idempotent() })
        : call<Job>('PATCH', `/${kind}/${id}`, { body: step }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['jobs', kind] }),
  })
}
