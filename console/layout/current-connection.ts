/** The connection that the pages are about: the one in the address, else the one last looked at, else the first. */
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useEffect } from 'react'
import { connectionsQuery } from '../api/queries.ts'
import type { Connection } from '../api/shapes.ts'

const remembered = 'causeway.connection'

export function useCurrentConnection(): { connection: Connection | undefined; all: Connection[] } {
  const { connectionId } = useParams({ strict: false })
  const { data: all = [] } = useQuery(connectionsQuery)
  useEffect(() => {
    if (connectionId !== undefined) localStorage.setItem(remembered, connectionId)
  }, [connectionId])
  const wanted = connectionId ?? localStorage.getItem(remembered)
  return { connection: all.find(({ id }) => id === wanted) ?? all[0], all }
}

/** The id in the address of a page that has one. */
export function useConnectionId(): string {
  const { connectionId } = useParams({ strict: false })
  return connectionId ?? ''
}
