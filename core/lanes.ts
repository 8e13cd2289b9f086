/**
 * The lanes of a connection: each an ordered log with a cursor, drained by the same workflow.
 * Zod-free: workflows import this file.
 */

/** Lanes that every connection has from its creation. */
export const standingLanes = ['events', 'late', 'audiences', 'outbound', 'forward'] as const
export type StandingLane = (typeof standingLanes)[number]

/** A lane by name: one of the standing ones, or `replay:<id>`, `export:<id>`, `redrive:<id>`. */
export type LaneName = StandingLane | `replay:${string}` | `export:${string}` | `redrive:${string}`

/** A lane's name without the id of the replay, export or redrive. */
export type LaneKind = StandingLane | 'replay' | 'export' | 'redrive'

export function laneKindOf(lane: LaneName): LaneKind {
  const colon = lane.indexOf(':')
  return (colon === -1 ? lane : lane.slice(0, colon)) as LaneKind
}

/** Whether a text that came from outside names a lane, whether there is one or not. */
export function isLaneName(text: string): text is LaneName {
  const standing: readonly string[] = standingLanes
  return standing.includes(text) || /^(replay|export|redrive):[\w-]{1,100}$/.test(text)
}

/** Which side a lane delivers to; claims are kept apart by it. `ledger` claims nothing: newest time decides. */
export type Destination = 'statsig' | 'segment' | 'ledger'

export function destinationOf(lane: LaneName): Destination {
  if (lane === 'audiences') return 'ledger'
  return lane === 'outbound' || lane.startsWith('export:') ? 'segment' : 'statsig'
}

/** Live lanes go to the live worker; everything else yields to them on the bulk worker. */
export function taskQueueOf(lane: LaneName): 'causeway-live' | 'causeway-bulk' {
  const live: readonly string[] = ['events', 'audiences', 'outbound', 'forward']
  return live.includes(lane) ? 'causeway-live' : 'causeway-bulk'
}
