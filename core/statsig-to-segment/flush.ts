/** When an event may leave where a team wants batches by the hour or day. Pure, and told by the event's receipt alone. */
import type { ConnectionSettings } from '../settings.ts'

const everyMs = { hourly: 3_600_000, daily: 86_400_000 } as const

/**
 * The full hour or day (UTC) after a receipt, epoch ms: everything received before it goes out at it. The time of
 * receipt itself where events are streamed.
 */
export function releaseAtMs(receivedAtMs: number, { outbound }: ConnectionSettings): number {
  const { flushEvery } = outbound
  if (flushEvery === undefined) return receivedAtMs
  return (Math.floor(receivedAtMs / everyMs[flushEvery]) + 1) * everyMs[flushEvery]
}
