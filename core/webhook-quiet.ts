/**
 * Whether Statsig's webhook was busy and went quiet: Statsig documents no retries beyond its own, so what it stops
 * sending is not seen again, and nobody else would notice. Pure; told by requests counted by the hour.
 */

/** Requests in one hour of the epoch. */
export interface WebhookHour {
  hour: number
  requests: number
}

/** An hour with fewer says nothing when it is missing: it may be chance. */
const busyRequests = 5
/** Full hours of silence before anybody is told. */
const silentHoursMin = 2
/** A webhook without a yesterday is measured by the hours just before it went quiet. */
const stretchHours = 6

export const hourMs = 3_600_000
/** What is looked at: a day before the silence, and the silence. */
export const hoursLookedAt = 72

/**
 * Since when a webhook is quiet, epoch ms; undefined while it is as it was. It is quiet after two full hours without
 * a request, where each of the same hours of the day before was busy, so that no night is an alarm; or, where there is
 * no day before, each of the six hours before the silence.
 */
export function quietSinceMs(hours: readonly WebhookHour[], nowMs: number): number | undefined {
  const byHour = new Map(hours.map(({ hour, requests }) => [hour, requests]))
  const nowHour = Math.floor(nowMs / hourMs)
  const active = [...byHour.keys()].filter((hour) => hour <= nowHour)
  if (active.length === 0) return undefined
  const [first, last] = [Math.min(...active), Math.max(...active)]
  const isBusy = (hour: number) => (byHour.get(hour) ?? 0) >= busyRequests
  const silent = range(last + 1, nowHour - last - 1)
  if (silent.length < silentHoursMin) return undefined
  const hasYesterday = first <= last + 1 - 24
  // A day into the silence there is no day before it any more; it began as one, and is one still.
  const compared = hasYesterday
    ? silent.slice(0, 24).map((hour) => hour - 24)
    : range(last - stretchHours + 1, stretchHours)
  const needed = hasYesterday ? compared.slice(0, silentHoursMin) : compared
  return needed.every(isBusy) ? (last + 1) * hourMs : undefined
}

const range = (from: number, count: number): number[] =>
  Array.from({ length: Math.max(0, count) }, (_, at) => from + at)
