/**
 * `X-Statsig-Signature` of Statsig's outgoing webhook: `v0=` and the HMAC-SHA256 in hex of `v0:<timestamp>:<body>` under
 * the signing secret (https://docs.statsig.com/integrations/event_webhook). The timestamp stands in a header of its
 * own; Statsig documents no window, so ours keeps a recorded request from being sent again for ever.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'

const windowMs = 5 * 60_000
/** Statsig's example shows milliseconds; a number too small to be one is in seconds. */
const secondsBelow = 1e11

export interface StatsigSignature {
  signature: string | undefined
  timestamp: string | undefined
}

/** Whether the headers prove the body, within five minutes of their time. */
export function isSignedByStatsig(
  { signature, timestamp }: StatsigSignature,
  secret: string,
  body: Uint8Array,
  nowMs: number,
): boolean {
  if (signature === undefined || timestamp === undefined || !/^\d{1,16}$/.test(timestamp)) return false
  const stated = Number(timestamp)
  const atMs = stated < secondsBelow ? stated * 1_000 : stated
  if (Math.abs(nowMs - atMs) > windowMs || !/^v0=[0-9a-f]{64}$/i.test(signature)) return false
  const made = createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest()
  return timingSafeEqual(made, Buffer.from(signature.slice(3), 'hex'))
}
