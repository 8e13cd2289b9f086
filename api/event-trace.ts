/** What the live path would do with one message, told step by step: by its own functions, and without a store. */
import { directionOf, mapForLane, type Mapped } from '../core/directions.ts'
import type { LaneName } from '../core/lanes.ts'
import type { AcceptedRequest } from '../core/ports.ts'
import type { Receipt } from '../core/receipt.ts'
import { lanesOf } from '../core/route-lanes.ts'
import type { Trace } from '../core/segment-to-statsig/index.ts'
import type { ConnectionSettings } from '../core/settings.ts'
import type { Experiments } from '../core/statsig-to-segment/experiments.ts'
import { receiptOf, unpackStored } from '../core/stored-request.ts'

export interface EventTrace {
  lane: LaneName
  /** Where accept would put it. */
  lanes: readonly LaneName[]
  /** Undefined where the lane maps nothing: an audience's membership is folded, not mapped. */
  mapped: Mapped | undefined
  trace: Trace
}

export interface TraceOptions {
  nowMs: number
  lateAfterMs: number
  tooOldAfterMs: number
  /** Undefined: the lane that accept would choose. */
  lane: LaneName | undefined
  settings: ConnectionSettings
  experiments?: Experiments | undefined
}

type Door = Pick<AcceptedRequest, 'source' | 'call'> & { bodyOf: (message: unknown) => unknown }

/** The door that a tried message is taken to come through, by direction: an SDK's batch, or Statsig's webhook. */
const doors: Record<'inbound' | 'outbound', Door> = {
  inbound: { source: 'tracking', call: 'batch', bodyOf: (message) => ({ batch: [message] }) },
  outbound: { source: 'statsig_webhook', call: 'webhook', bodyOf: (message) => message },
}

export function traceMessage(message: unknown, options: TraceOptions): EventTrace {
  const { nowMs, lateAfterMs, settings } = options
  const direction = (options.lane && directionOf(options.lane)) ?? 'inbound'
  const { bodyOf, ...door } = doors[direction]
  const unpacked = unpackStored(door, bodyOf(message))
  const item = unpacked.ok ? unpacked.items[0] : message
  const at = { ...door, receivedAtMs: nowMs, callerIp: undefined }
  const known = receiptOf(at, unpacked.ok ? unpacked.batch : {})
  const receipt = { ...known, experiments: options.experiments }
  const lanes: readonly LaneName[] =
    direction === 'outbound' ? ['outbound'] : lanesOf(item, receipt, lateAfterMs)
  const lane = options.lane ?? lanes.find((name) => directionOf(name) !== undefined) ?? lanes[0] ?? 'events'
  const trace: Trace = { origins: [] }
  const mapped = mapForLane(lane, item, receipt, settings, trace)
  return { lane, lanes, trace, mapped: mapped && inTime(mapped, direction, receipt, options) }
}

/** Age is asked after the mapping, as the drain does; nothing that goes out is ever too old. */
function inTime(
  mapped: Mapped,
  direction: string,
  receipt: Receipt,
  { tooOldAfterMs }: TraceOptions,
): Mapped {
  const { verdict, seen } = mapped
  const isOld = verdict.kind === 'mapped' && receipt.receivedAtMs - (seen.timeMs ?? Infinity) > tooOldAfterMs
  if (direction !== 'inbound' || !isOld) return mapped
  return { seen, verdict: { kind: 'skipped', reason: 'too_old', warnings: verdict.warnings } }
}
