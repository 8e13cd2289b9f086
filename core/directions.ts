/**
 * Which way a lane's messages go, and by which mapping: the one table that the drain's explorer, the message story, the
 * event tester and the filters' preview read, so that all of them call the live path's own function.
 */
import { laneKindOf, type LaneKind, type LaneName } from './lanes.ts'
import type { Verdict } from './outcome.ts'
import type { Receipt } from './receipt.ts'
import { mapSegmentMessage, type Seen, type Trace } from './segment-to-statsig/index.ts'
import type { ConnectionSettings } from './settings.ts'
import { mapStatsigEvent } from './statsig-to-segment/index.ts'

export { laneKindOf } from './lanes.ts'

/** What a mapping says of one message; `T` is the event as the lane's vendor takes it. */
export interface Mapped<T = unknown> {
  seen: Seen
  verdict: Verdict<T>
}

type MapMessage = (item: unknown, receipt: Receipt, settings: ConnectionSettings, trace?: Trace) => Mapped

/** The mapping of each kind of lane. `audiences` folds into a ledger and `forward` sends bytes: they map nothing. */
const mappings: Partial<Record<LaneKind, MapMessage>> = {
  events: mapSegmentMessage,
  late: mapSegmentMessage,
  outbound: mapStatsigEvent,
  export: mapStatsigEvent,
  replay: mapSegmentMessage,
  redrive: mapSegmentMessage,
}

/**
 * What the lane's own mapping says of one message, or undefined where lanes of that kind map nothing. `trace`, where
 * given, is filled with the origin of every field.
 */
export function mapForLane(
  lane: LaneName,
  item: unknown,
  receipt: Receipt,
  settings: ConnectionSettings,
  trace?: Trace,
): Mapped | undefined {
  return mappings[laneKindOf(lane)]?.(item, receipt, settings, trace)
}

/** Which of the connection's filters a lane goes through; none for lanes that map nothing. */
export function directionOf(lane: LaneName): 'inbound' | 'outbound' | undefined {
  const kind = laneKindOf(lane)
  if (kind === 'outbound' || kind === 'export') return 'outbound'
  return mappings[kind] === undefined ? undefined : 'inbound'
}
