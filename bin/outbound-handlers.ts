/** The handlers of the way back, put together: to Segment live and as exports, and on to Statsig as received. */
import { createForwardHandler } from '../activities/forward-handler.ts'
import type { LaneHandler } from '../activities/lane-handler.ts'
import { createSegmentHandler } from '../activities/segment-handler.ts'
import { createSegmentTracking } from '../clients/segment-tracking.ts'
import type { ConnectionStore, StatsigEvents } from '../core/ports.ts'
import { systemClock as clock } from './clock.ts'
import type { LoadedConfig } from './load-config.ts'

export function outboundHandlers(
  connections: ConnectionStore,
  statsig: StatsigEvents,
  { segmentTrackingUrl, segmentCdnUrl }: Pick<LoadedConfig, 'segmentTrackingUrl' | 'segmentCdnUrl'>,
): Record<'outbound' | 'export' | 'forward', LaneHandler> {
  const segment = createSegmentTracking({ trackingUrl: segmentTrackingUrl, cdnUrl: segmentCdnUrl, clock })
  return {
    outbound: createSegmentHandler({ connections, segment }),
    export: createSegmentHandler({ connections, segment }, false),
    forward: createForwardHandler({ connections, statsig }),
  }
}
