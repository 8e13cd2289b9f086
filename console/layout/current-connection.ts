/**
 * The connection that the pages are about: the one in the address, else the one that the page says it is of, else the
 * one last looked at, else the first.
 */
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useEffect, useSyncExternalStore } from 'react'
import { connectionsQuery } from '../api/queries.ts'
import type { Connection } from '../api/shapes.ts'

const remembered = 'causeway.connection'
const listeners = new Set<() => void>()

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
const readRemembered = (): string | null => localStorage.getItem(remembered)

function remember(id: string): void {
  if (readRemembered() === id) return
  localStorage.setItem(remembered, id)
  for (const tell of listeners) tell()
}

/** Says of which connection a page is whose address does not name one, as soon as that is known. */
export function useAbout(connectionId: string | undefined): void {
  useEffect(() => {
    if (connectionId !== undefined) remember(connectionId)
  }, [connectionId])
}

export function useCurrentConnection(): { connection: Connection | undefined; all: Connection[] } {
  const { connectionId } = useParams({ strict: false })
  const { data: all = [] } = useQuery(connectionsQuery)
  const last = useSyncExternalStore(subscribe, readRemembered)
  useAbout(connectionId)
  const wanted = connectionId ?? last
  return { connection: all.find(({ id }) => id === wanted) ?? all[0], all }
}

/** The id in the address of a page that has one. */
export function useConnectionId(): string {
  const { connectionId } = useParams({ strict: false })
  return connectionId ?? ''
}
