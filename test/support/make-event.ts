// Messages as Segment's SDKs send them; a test names only what matters to it. No clock, no randomness.
import { nowMs } from './fake-deps.ts'

/** A track call by `u1`, now. */
export const makeTrack = (rest: object = {}): object => ({
  ...{ type: 'track', event: 'Order Completed', userId: 'u1', messageId: 'm1' },
  ...{ timestamp: new Date(nowMs).toISOString(), properties: { revenue: 19.99 } },
  ...rest,
})

/** An identify call by `u1`, now. */
export const makeIdentify = (rest: object = {}): object => ({
  ...{ type: 'identify', userId: 'u1', messageId: 'm2', traits: { email: 'u1@example.com' } },
  ...{ timestamp: new Date(nowMs).toISOString() },
  ...rest,
})

/** What Engage puts into `context` of a message about the audience `big_spenders`. */
export const personas = {
  personas: {
    ...{ computation_class: 'audience', computation_id: 'aud_1', computation_key: 'big_spenders' },
    ...{ namespace: 'spa_1', space_id: 'spa_1' },
  },
}

/** Engage's word that `u1` is now in the audience: as a track, or as an identify. */
export const makeAudienceTrack = (rest: object = {}): object =>
  makeTrack({
    ...{ event: 'Audience Entered', messageId: 'personas_1', context: personas },
    properties: { audience_key: 'big_spenders', big_spenders: true },
    ...rest,
  })
export const makeAudienceIdentify = (rest: object = {}): object =>
  makeIdentify({ messageId: 'personas_2', context: personas, traits: { big_spenders: true }, ...rest })

/** A message of two hours ago. */
export const makeLateTrack = (rest: object = {}): object =>
  makeTrack({ timestamp: new Date(nowMs - 2 * 3_600_000).toISOString(), ...rest })
