/** The catalogue of event names: the part of the Store that a filter list is ticked from. Part of core/ports.ts. */
import type { LaneKind } from './lanes.ts'

/** Endings counted by outcome. */
export interface EndingCounts {
  delivered: number
  filtered: number
  skipped: number
  rejected: number
}

export interface CatalogueEvent {
  direction: 'inbound' | 'outbound'
  /** Undefined where the message said none. */
  type: string | undefined
  /** The source's own name, cut to its bound; undefined for calls without one. */
  event: string | undefined
  /** Counts what came under names for which there was no room any more. */
  isOther: boolean
  /** By the hour of the ending: this hour and the 23 before it. */
  lastDay: EndingCounts
  /** This hour and the 167 before it. */
  lastWeek: EndingCounts
  firstSeenAtMs: number
  lastSeenAtMs: number
}

export interface CatalogueStore {
  /** By name, then type. `after` is `next` of the page before. Throws nothing for a cursor that is not ours: begins anew. */
  list(
    connectionId: string,
    query: { kinds: readonly LaneKind[]; after?: string; limit: number },
    nowMs: number,
  ): Promise<{ events: CatalogueEvent[]; next: string | undefined }>
  /** Removes hours that no answer counts any more, and names that were not seen for long. Hands out numbers of rows. */
  purge(nowMs: number): AsyncIterable<number>
}
