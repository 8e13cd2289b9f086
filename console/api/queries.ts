/** What the pages ask the API, with how often it is asked again. Keys begin with the noun, so that a change can name it. */
import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { api, ok } from './client.ts'
import type { Connection, ConnectionPatch, Entry } from './shapes.ts'

export const connectionsQuery = queryOptions({
  queryKey: ['connections'],
  queryFn: async (): Promise<Connection[]> =>
    (await ok(api.GET('/api/v1/connections', { params: { query: { limit: 500 } } }))).data,
  refetchInterval: 5_000,
})

export const connectionQuery = (id: string) =>
  queryOptions({
    queryKey: ['connections', id],
    queryFn: () => ok(api.GET('/api/v1/connections/{id}', { params: { path: { id } } })),
    refetchInterval: 5_000,
  })

export const statsQuery = (id: string, since?: string, step?: 'minute' | 'hour' | 'day') =>
  queryOptions({
    queryKey: ['stats', id, since, step],
    queryFn: () =>
      ok(api.GET('/api/v1/connections/{id}/stats', { params: { path: { id }, query: { since, step } } })),
    refetchInterval: 2_500,
  })

/** The filters of the explorer, as they stand in the address. */
export interface MessageFilter {
  lane?: string
  outcome?: string
  event?: string
  userId?: string
  messageId?: string
  since?: string
  until?: string
}

const asQuery = (filter: MessageFilter) => filter as MessageFilter & { outcome?: Entry['outcome'] }

export const messagesQuery = (id: string, filter: MessageFilter) =>
  infiniteQueryOptions({
    queryKey: ['messages', id, filter],
    queryFn: ({ pageParam }) =>
      ok(
        api.GET('/api/v1/connections/{id}/messages', {
          params: { path: { id }, query: { ...asQuery(filter), limit: 100, cursor: pageParam } },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  })

export const storyQuery = (id: string) =>
  queryOptions({
    queryKey: ['message', id],
    queryFn: () => ok(api.GET('/api/v1/messages/{id}', { params: { path: { id } } })),
    // What has ended changes no more; what waits is watched.
    refetchInterval: ({ state }) => (state.data?.outcome === 'pending' ? 2_000 : false),
  })

export const retentionQuery = queryOptions({
  queryKey: ['retention'],
  queryFn: () => ok(api.GET('/api/v1/retention')),
})

export interface Readiness {
  ready: boolean
  checks: Record<string, { ok: boolean; reason?: string }>
}

export const readinessQuery = queryOptions({
  queryKey: ['readyz'],
  queryFn: async (): Promise<Readiness> => {
    try {
      return (await (await fetch('/readyz')).json()) as Readiness
    } catch {
      return { ready: false, checks: { api: { ok: false, reason: 'The API does not answer.' } } }
    }
  },
  refetchInterval: 10_000,
})

/** Changes a connection; all that shows it is read again. */
export function usePatchConnection(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (patch: ConnectionPatch) =>
      ok(api.PATCH('/api/v1/connections/{id}', { params: { path: { id } }, body: patch })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['connections'] }),
  })
}

export function useRetryConnection(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => ok(api.POST('/api/v1/connections/{id}/retry', { params: { path: { id } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['connections'] }),
  })
}
