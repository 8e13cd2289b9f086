/**
 * Which lanes a message is appended to, decided once, at accept. This runs before the 200 for every message, so it
 * reads the few keys that it needs and hands out lists made beforehand.
 */
import { isAudienceMessage } from './audience-message.ts'
import type { StandingLane } from './lanes.ts'
import { isObject } from './own-keys.ts'
import type { Receipt } from './receipt.ts'
import { correctedTimeMs } from './segment-to-statsig/time.ts'

const events: readonly StandingLane[] = Object.freeze(['events'])
const late: readonly StandingLane[] = Object.freeze(['late'])
const audiences: readonly StandingLane[] = Object.freeze(['audiences'])
const eventsAndAudiences: readonly StandingLane[] = Object.freeze(['events', 'audiences'])
const lateAndAudiences: readonly StandingLane[] = Object.freeze(['late', 'audiences'])

/**
 * The lanes of one message, one or two of them. Age is receipt minus corrected time; what cannot be read, a time or
 * a whole item, goes the way of `events`, where its rejection is recorded.
 */
export function lanesOf(item: unknown, receipt: Receipt, lateAfterMs: number): readonly StandingLane[] {
  if (!isObject(item)) return events
  const type = receipt.callType ?? item.type
  const mayConcernAudience = type === 'track' || type === 'identify'
  const isAudience = mayConcernAudience && isAudienceMessage(item, receipt.batch)
  if (isAudience && type === 'identify') return audiences
  const isLate = receipt.receivedAtMs - correctedTimeMs(item, receipt) > lateAfterMs
  if (isAudience) return isLate ? lateAndAudiences : eventsAndAudiences
  return isLate ? late : events
}
