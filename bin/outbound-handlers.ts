/** The handlers of the way back, put together: to Segment live and as exports, and on to Statsig as received. */
import { createForwardHandler } from '../activities/forward-handler.ts'
import type { LaneHandler } from '../activities/lane-handler.ts'
import { createSegmentHandler } from '../activities/segment-handler.ts'
import { createStatsigExperiments } from '../clients/statsig-experiments.ts'
import { createSegmentTracking } from '../clients/segment-tracking.ts'
import type { ConnectionStore, Log, StatsigEvents } from '../core/ports.ts'
import { systemClock as clock } from './clock.ts'
import type { LoadedConfig } from './load-config.ts'

type Urls = Pick<LoadedConfig, 'segmentTrackingUrl' | 'segmentCdnUrl' | 'statsigConsoleUrl'>

export function outboundHandlers(
  connections: ConnectionStore,
  statsig: StatsigEvents,
  { segmentTrackingUrl, segmentCdnUrl, statsigConsoleUrl: consoleUrl }: Urls,
  log: Log,
): Record<'outbound' | 'export' | 'forward', LaneHandler> {
  const segment = createSegmentTracking({ trackingUrl: segmentTrackingUrl, cdnUrl: segmentCdnUrl, clock })
  const experiments = createStatsigExperiments({ consoleUrl, clock, log })
  return {
    outbound: createSegmentHandler({ connections, segment, experiments }),
    export: createSegmentHandler({ connections, segment, experiments }, false),
    forward: createForwardHandler({ connections, statsig }),
  }
}
