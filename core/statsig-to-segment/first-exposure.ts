/**
 * Of a unit's exposures to one gate, config, experiment or layer only the first goes out, where a connection wants it
 * so. What stands here is by which key the later ones are known; the store keeps the keys that went out.
 */
import { isObject } from '../own-keys.ts'
import type { Seen } from '../segment-to-statsig/seen.ts'
import type { ConnectionSettings } from '../settings.ts'
import { anyCase } from './event.ts'
import { configExposure, experimentExposure } from './experiments.ts'
import type { SegmentTrack } from './index.ts'

/** The key of an exposure, or undefined for all else and where every exposure goes out. */
export function firstExposureKeyOf(
  item: unknown,
  { type }: Seen,
  track: SegmentTrack,
  settings: ConnectionSettings,
): string | undefined {
  if (type !== 'exposure' || !settings.filters.outbound.firstExposureOnly || !isObject(item)) return undefined
  const metadata = isObject(item.metadata) ? item.metadata : {}
  const subject = metadata.gate ?? metadata.config
  if (typeof subject !== 'string') return undefined
  // The same exposure has either name, by its door and by what is known of the project.
  const event = track.event === experimentExposure ? configExposure : track.event
  return JSON.stringify([event, subject, unitOf(item, track)])
}

/** Webhooks name the unit's type in `unitID`; SDKs do not, and who the message is of stands for it. */
function unitOf(item: Readonly<Record<string, unknown>>, { userId, anonymousId }: SegmentTrack): unknown {
  const type = item.unitID
  const user = isObject(item.user) ? item.user : {}
  const customIds = isObject(user.customIDs) ? user.customIDs : {}
  const value = typeof type === 'string' && type !== 'userID' ? anyCase(customIds, type) : undefined
  return value === undefined ? [userId ?? null, anonymousId ?? null] : [type, value]
}
