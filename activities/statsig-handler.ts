/** Segment messages to Statsig's log_event: lanes `events` and `late`. */
import type { ConnectionStore, StatsigEvents } from '../core/ports.ts'
import { isFromStatsigLibrary, mapSegmentMessage } from '../core/segment-to-statsig/index.ts'
import type { LaneHandler, LaneVendor } from './lane-handler.ts'

export const statsigVendor: LaneVendor = {
  name: 'Statsig',
  unavailable: 'statsig.unavailable',
  rateLimited: 'statsig.rate_limited',
}

/**
 * 1,000 events a request is the largest batch of Statsig's own Node SDK (statsig-node 6.5.2); the request limit is
 * 10 MB (docs.statsig.com/server-core), of which half is left for growth on the way.
 */
const limits = { entriesMax: 1000, bytesMax: 5_000_000 }

export interface StatsigHandlerDeps {
  connections: ConnectionStore
  statsig: StatsigEvents
  /** Age at receipt past which a message is not sent: Segment Replay is documented for seven days of history. */
  tooOldAfterMs: number
}

/** What becomes of a message, by itself: no vendor and no store is needed to tell. */
export function createStatsigDecide({
  tooOldAfterMs,
}: Pick<StatsigHandlerDeps, 'tooOldAfterMs'>): LaneHandler['decide'] {
  return (item, receipt, settings) => {
    const { seen, verdict } = mapSegmentMessage(item, receipt, settings)
    if (verdict.kind !== 'mapped') return { seen, verdict }
    // Age is fixed at receipt: waiting, an outage or a pause never makes a message too old.
    if ((receipt.ageAtMs ?? receipt.receivedAtMs) - verdict.event.time > tooOldAfterMs) {
      return { seen, verdict: { kind: 'skipped', reason: 'too_old', warnings: verdict.warnings } }
    }
    const mayBeEcho = isFromStatsigLibrary(item, receipt.batch)
    return { seen, verdict: { ...verdict, event: JSON.stringify(verdict.event) }, mayBeEcho }
  }
}

export function createStatsigHandler(deps: StatsigHandlerDeps): LaneHandler {
  return {
    limits,
    decide: createStatsigDecide(deps),
    vendor: statsigVendor,
    key: {
      kind: 'statsig.serverKey',
      name: 'server key',
      open: (connectionId) => deps.connections.openKey(connectionId, 'statsig.serverKey'),
    },
    send: ({ key = '', entries }, signal) =>
      deps.statsig.logEvents(
        key,
        entries.map(({ event }) => event),
        signal,
      ),
  }
}
