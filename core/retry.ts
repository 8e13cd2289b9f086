/**
 * What an answer of a vendor means for the batch, as one table, and how long we wait. Zod-free.
 */

/**
 * `accepted`: done. `refused`: this batch will never be taken as it is. `too_large`: smaller ones may be.
 * `key`: the key is wrong, a person must act. `wait`: it may work later, without end.
 */
export type Answer = 'accepted' | 'refused' | 'too_large' | 'key' | 'wait'

/**
 * Statuses that are neither in the table nor 2xx mean `wait`: a proxy's odd status must not lose a batch.
 * Statsig documents 202 and 503 alone (docs.statsig.com/http-api, read 2026-05); the rest is how HTTP is used.
 */
const byStatus: Readonly<Record<number, Answer>> = {
  400: 'refused',
  401: 'key',
  403: 'key',
  411: 'refused',
  413: 'too_large',
  414: 'refused',
  415: 'refused',
  422: 'refused',
}

/** A network fault has no status. A 2xx that says `"success":false` has taken nothing, as Statsig's SDKs read it. */
export function meaningOf({ status, text }: { status: number | undefined; text: string }): Answer {
  if (status === undefined) return 'wait'
  if (status >= 200 && status < 300) return /^\s*\{\s*"success"\s*:\s*false/.test(text) ? 'wait' : 'accepted'
  return byStatus[status] ?? 'wait'
}

/** The longest that we let a vendor's Retry-After put us to sleep: one hour, as a typing error must not cost a day. */
export const retryAfterMsMax = 3_600_000

/** Retry-After in ms: seconds or an HTTP date (RFC 9110 10.2.3); anything else is undefined. */
export function parseRetryAfter(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined
  const text = header.trim()
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), retryAfterMsMax) : undefined
}

/** The drain's patience: no end, first retry after a second, at most a minute apart. */
export const drainRetry = { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' } as const
