/** The pages of the navigation, in its order, each with the letter that follows `g`. */
import type { IconName } from '../parts/icons.tsx'

export interface Destination {
  label: string
  path: string
  key: string
  icon: IconName
  /** Of one connection, or of all. */
  scope: 'all' | 'connection'
  /** Addresses that begin so are of it, too. */
  within?: string
}

const of = '/connections/$connectionId'
export const destinations: Destination[] = [
  { label: 'Overview', path: '/', key: 'o', icon: 'overview', scope: 'all' },
  { label: 'Live stream', path: `${of}/live`, key: 'l', icon: 'live', scope: 'connection' },
  { label: 'Explorer', path: `${of}/messages`, key: 'e', icon: 'search', scope: 'connection' },
  { label: 'Event tester', path: `${of}/test`, key: 't', icon: 'tester', scope: 'connection' },
  { label: 'Mapping and filters', path: `${of}/mapping`, key: 'm', icon: 'mapping', scope: 'connection' },
  { label: 'Audiences', path: `${of}/audiences`, key: 'a', icon: 'audiences', scope: 'connection' },
  { label: 'Replays and exports', path: `${of}/jobs`, key: 'r', icon: 'replay', scope: 'connection' },
  { label: 'Connect', path: `${of}/setup`, key: 'c', icon: 'connect', scope: 'connection' },
  {
    label: 'Settings',
    path: '/settings/keys',
    key: 's',
    icon: 'settings',
    scope: 'all',
    within: '/settings',
  },
]
