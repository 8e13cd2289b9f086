/** The pages of the navigation, in its order, each with the letter that follows `g`. */
import type { IconName } from '../parts/icons.tsx'

export interface Destination {
  label: string
  path: string
  key: string
  icon: IconName
  /** Of one connection, or of all. */
  scope: 'all' | 'connection'
}

export const destinations: Destination[] = [
  { label: 'Overview', path: '/', key: 'o', icon: 'overview', scope: 'all' },
  {
    label: 'Live stream',
    path: '/connections/$connectionId/live',
    key: 'l',
    icon: 'live',
    scope: 'connection',
  },
  {
    label: 'Explorer',
    path: '/connections/$connectionId/messages',
    key: 'e',
    icon: 'search',
    scope: 'connection',
  },
]
