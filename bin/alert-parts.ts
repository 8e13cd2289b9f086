/** The alert webhook and the event tester's senders, put together. */
import { createAlertWebhook } from '../clients/alert-webhook.ts'
import { createOutboundGuard } from '../clients/outbound-guard.ts'
import { createSegmentTracking } from '../clients/segment-tracking.ts'
import { createStatsigEvents } from '../clients/statsig-events.ts'
import type { AlertSender, EventSenders } from '../core/ports.ts'
import { systemClock as clock } from './clock.ts'
import type { LoadedConfig } from './load-config.ts'

export function alertSender({ alertAllowedNetworks }: LoadedConfig): AlertSender {
  return createAlertWebhook({ guard: createOutboundGuard(alertAllowedNetworks), clock })
}

export function eventSenders(config: LoadedConfig): EventSenders {
  const { statsigEventsUrl, segmentTrackingUrl: trackingUrl, segmentCdnUrl: cdnUrl } = config
  const statsig = createStatsigEvents({ eventsUrl: statsigEventsUrl, clock })
  const segment = createSegmentTracking({ trackingUrl, cdnUrl, clock })
  return {
    statsig: {
      keyKind: 'statsig.serverKey',
      send: (key, events, signal) => statsig.logEvents(key, events, signal),
    },
    segment: {
      keyKind: 'segment.writeKey',
      send: (key, messages, signal) => segment.sendBatch(key, messages, signal),
    },
  }
}
