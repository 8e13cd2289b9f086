/** Set-up as the workflow says it stands. */
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { call, idempotent, problemOf } from './client.ts'
import type { components } from './schema.d.ts'

export type SetupState = components['schemas']['Setup']
export type SetupStep = SetupState['step']

const ends: SetupStep[] = ['active', 'failed', 'expired', 'cancelled']
const waiting: SetupStep[] = ['authorize', 'choose_source', 'keys', 'paste']
/** Whether nothing goes on before a person does something. */
export const waitsForPerson = (step: SetupStep): boolean => waiting.includes(step)

export const isEnded = (step: SetupStep): boolean => ends.includes(step)

/** Null: none was begun. */
export const setupQuery = (connectionId: string) =>
  queryOptions({
    queryKey: ['setup', connectionId],
    queryFn: async (): Promise<SetupState | null> => {
      try {
        return await call<SetupState>('GET', `/connections/${connectionId}/setup`)
      } catch (error) {
        if (problemOf(error).status === 404) return null
        throw error
      }
    },
    refetchInterval: ({ state }) => (state.data && isEnded(state.data.step) ? 10_000 : 1_000),
  })

export function useSetup(connectionId: string) {
  const queries = useQueryClient()
  const onSuccess = async () => {
    await queries.invalidateQueries({ queryKey: ['setup', connectionId] })
    await queries.invalidateQueries({ queryKey: ['connections'] })
  }
  const address = `/connections/${connectionId}/setup`
  const start = useMutation({
    mutationFn: () => call<SetupState>('POST', address, { body: {}, headers: idempotent() }),
    onSuccess,
  })
  const cancel = useMutation({ mutationFn: () => call('DELETE', address), onSuccess })
  const choose = useMutation({
    mutationFn: (choice: { workspaceId: string; sourceIds: string[] }) =>
      call<SetupState>('POST', `${address}/source`, { body: choice, headers: idempotent() }),
    onSuccess,
  })
  return { start, cancel, choose }
}
