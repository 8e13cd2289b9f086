/** Short names for the API's shapes. */
import type { components } from './schema.d.ts'

type Schemas = components['schemas']
export type Connection = Schemas['Connection']
export type ConnectionPatch = Schemas['ConnectionPatch']
export type Lane = Connection['lanes'][string]
export type Entry = Schemas['Entry']
export type EntryStory = Schemas['EntryStory']
export type Attempt = Schemas['Attempt']
export type Stats = Schemas['Stats']
export type Funnel = Schemas['Funnel']
export type Outcome = Entry['outcome']
export type Retention = Schemas['Retention']

export const outcomes: Outcome[] = ['delivered', 'filtered', 'skipped', 'rejected', 'pending']
export const endings = outcomes.slice(0, 4) as Exclude<Outcome, 'pending'>[]
export const lanes = ['events', 'late', 'audiences', 'outbound', 'forward'] as const

/** What a person calls an outcome: what is pending waits. */
export const outcomeWord: Record<Outcome, string> = {
  delivered: 'delivered',
  filtered: 'filtered',
  skipped: 'skipped',
  rejected: 'rejected',
  pending: 'waiting',
}
