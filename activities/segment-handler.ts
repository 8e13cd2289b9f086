/** Statsig events to Segment's tracking API: lane `outbound`, and the exports of a past window. */
import type { ConnectionStore, SegmentTracking, StatsigExperiments } from '../core/ports.ts'
import { experimentsFor } from '../core/project-experiments.ts'
import type { ConnectionSettings } from '../core/settings.ts'
import { firstExposureKeyOf, mapStatsigEvent } from '../core/statsig-to-segment/index.ts'
import { releaseAtMs } from '../core/statsig-to-segment/flush.ts'
import { segmentLimits } from '../core/statsig-to-segment/limits.ts'
import type { LaneHandler, LaneVendor } from './lane-handler.ts'

export const segmentVendor: LaneVendor = {
  name: 'Segment',
  unavailable: 'segment.unavailable',
  rateLimited: 'segment.rate_limited',
}

/** What a batch has around its messages. */
const envelopeBytes = '{"batch":[],"sentAt":"2026-01-01T00:00:00.000Z"}'.length

/**
 * While events keep coming, a batch that is not full waits this long for more: Segment meters requests, and its own
 * libraries flush every ten seconds. The first after a pause goes at once.
 */
const fillMs = 5_000

export interface SegmentHandlerDeps {
  connections: ConnectionStore
  segment: SegmentTracking
  experiments: StatsigExperiments
}

/** `isLive` false: an export, which keeps neither the hour nor the day. */
export function createSegmentHandler(
  { connections, segment, experiments }: SegmentHandlerDeps,
  isLive = true,
): LaneHandler {
  return {
    get limits() {
      const bytesMax = segment.batchBytesMax() - envelopeBytes
      return { entriesMax: segmentLimits.batchMessagesMax, bytesMax }
    },
    fillMs,
    ...(isLive ? { releaseAtMs } : {}),
    adjust: adjustSettings,
    decide(item, receipt, settings) {
      const { seen, verdict } = mapStatsigEvent(item, receipt, settings)
      if (verdict.kind !== 'mapped') return { seen, verdict }
      const once = firstExposureKeyOf(item, seen, verdict.event, settings)
      return {
        seen,
        verdict: { ...verdict, event: JSON.stringify(verdict.event) },
        ...(once === undefined ? {} : { once }),
      }
    },
    experiments: (connectionId) => experimentsFor({ connections, experiments }, connectionId),
    vendor: segmentVendor,
    key: {
      kind: 'segment.writeKey',
      name: 'write key',
      open: (connectionId) => connections.openKey(connectionId, 'segment.writeKey'),
    },
    send: ({ key = '', entries }, signal) =>
      segment.sendBatch(
        key,
        entries.map(({ event }) => event),
        signal,
      ),
  }
}

/** Per version of settings, so that what the mapping compiles from them is found again. */
const offVersions = new WeakMap<ConnectionSettings, ConnectionSettings>()

/** The direction is on when a write key is set, unless a person says otherwise; one that is off needs no key. */
function adjustSettings(settings: ConnectionSettings, hasKey: boolean) {
  const { outbound } = settings
  const isOff = !(outbound.enabled ?? hasKey)
  if (!isOff || outbound.enabled === false) return { settings, isOff }
  const off = offVersions.get(settings) ?? { ...settings, outbound: { ...outbound, enabled: false } }
  offVersions.set(settings, off)
  return { settings: off, isOff }
}
