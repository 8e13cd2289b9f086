/** Whom the API tells of what goes wrong, and what holds now. */
import { queryOptions } from '@tanstack/react-query'
import { api, ok } from './client.ts'
import type { components } from './schema.d.ts'

export type Alerts = components['schemas']['Alerts']
export type AlertKind = keyof Alerts['kinds']

export const alertsQuery = queryOptions({
  queryKey: ['alerts'],
  queryFn: () => ok(api.GET('/api/v1/alerts')),
  refetchInterval: 5_000,
})
