/** Engage audiences and the ID lists that they fill. */
import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { call, idempotent } from './client.ts'
import type { components } from './schema.d.ts'

type Schemas = components['schemas']
export type Audience = Schemas['Audience']
export type AudienceState = Audience['state']
export type Member = Schemas['Member']
export type MemberState = Member['state']
export type AudienceHistory = Schemas['AudienceHistory']
type AudiencePatch = Schemas['AudiencePatch']

const path = (connectionId: string, key?: string) =>
  `/connections/${connectionId}/audiences${key === undefined ? '' : `/${encodeURIComponent(key)}`}`

export const audiencesQuery = (connectionId: string) =>
  queryOptions({
    queryKey: ['audiences', connectionId],
    queryFn: async () =>
      (await call<{ data: Audience[] }>('GET', path(connectionId), { query: { limit: 500 } })).data,
    refetchInterval: 5_000,
  })

export const audienceQuery = (connectionId: string, key: string) =>
  queryOptions({
    queryKey: ['audiences', connectionId, key],
    queryFn: () => call<Audience>('GET', path(connectionId, key)),
    refetchInterval: 2_000,
  })

export const audienceHistoryQuery = (connectionId: string, key: string) =>
  queryOptions({
    queryKey: ['audiences', connectionId, key, 'history'],
    queryFn: () => call<AudienceHistory>('GET', `${path(connectionId, key)}/history`),
    refetchInterval: 60_000,
  })

export const membersQuery = (connectionId: string, key: string, filter: { state?: string; id?: string }) =>
  infiniteQueryOptions({
    queryKey: ['audiences', connectionId, key, 'members', filter],
    queryFn: ({ pageParam }) =>
      call<{ data: Member[]; nextCursor: string | null }>('GET', `${path(connectionId, key)}/members`, {
        query: { ...filter, limit: 100, cursor: pageParam },
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  })

export type AudienceAction =
  { do: 'sync'; mode: 'changes' | 'full' | 'reconcile' } | { do: 'approve' } | { do: 'reject' }

export function useActOnAudience(connectionId: string, key: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (action: AudienceAction) =>
      call('POST', `${path(connectionId, key)}/${action.do}`, {
        body: action.do === 'sync' ? { mode: action.mode } : {},
        headers: idempotent(),
      }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['audiences', connectionId] }),
  })
}

export function usePatchAudience(connectionId: string, key: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (patch: AudiencePatch) => call<Audience>('PATCH', path(connectionId, key), { body: patch }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['audiences', connectionId] }),
  })
}
