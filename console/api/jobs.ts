/** Replays, exports and redrives: one thing with three names. */
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { call, idempotent } from './client.ts'
import type { components } from './schema.d.ts'

export const jobKinds = ['replays', 'exports', 'redrives'] as const
export type JobKind = (typeof jobKinds)[number]
type Schemas = components['schemas']
export type Plan = Schemas['Plan']
export type JobStatus = Schemas['Job']['status']
/** What is of one kind alone is absent from the others. */
export type Job = Schemas['Job'] &
  Partial<
    Pick<Schemas['Replay'], 'from' | 'to' | 'path' | 'dryRun' | 'source' | 'events' | 'types' | 'force'>
  > &
  Partial<Pick<Schemas['Redrive'], 'outcome' | 'messageIds'>>

const isMoving = (job: Job | undefined): boolean => job !== undefined && !isOver(job.status)
export const isOver = (status: JobStatus): boolean =>
  status === 'completed' || status === 'cancelled' || status === 'failed'

export const jobsQuery = (kind: JobKind, connectionId: string) =>
  queryOptions({
    queryKey: ['jobs', kind, connectionId],
    queryFn: async () =>
      (await call<{ data: Job[] }>('GET', `/${kind}`, { query: { limit: 100, connectionId } })).data,
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
