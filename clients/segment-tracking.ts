/**
 * Segment's tracking API, the one call that the outbound lane makes
 * (https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/). Segment answers 200 to a write key
 * that it does not know and drops what came with it, so the key is first asked for at the settings endpoint, as
 * Segment's own `segment` destination does (github.com/segmentio/action-destinations).
 */
import { parseRetryAfter } from '../core/retry.ts'
import type { Clock, SegmentTracking, VendorAnswer } from '../core/ports.ts'
import { segmentLimits } from '../core/statsig-to-segment/limits.ts'
import { answerOf } from './vendor-answer.ts'

const timeoutMs = 30_000
const checkTimeoutMs = 3_000
/** A key that was known is asked for again now and then; one that could not be asked for is not held up by it. */
const knownForMs = 3_600_000
const unaskedForMs = 600_000
/** Segment's page says "500 KB"; where it means thousands, this is what it takes. */
const cautiousBytes = 500_000

export interface SegmentTrackingDeps {
  /** Base of `/batch`. */
  trackingUrl: string
  /** Base of `/projects/<write key>/settings`. */
  cdnUrl: string
  clock: Clock
}

/** Redirects are not followed: a key must not travel to another host. */
export function createSegmentTracking({ trackingUrl, cdnUrl, clock }: SegmentTrackingDeps): SegmentTracking {
  const url = `${trackingUrl.replace(/\/$/, '')}/batch`
  const check = createKeyCheck(cdnUrl.replace(/\/$/, ''), clock)
  let bytesMax: number = segmentLimits.batchBytesMax
  return {
    batchBytesMax: () => bytesMax,
    async sendBatch(writeKey, messagesJson, signal) {
      const unknown = await check(writeKey, signal)
      if (unknown !== undefined) return unknown
      const startedMs = clock.nowMs()
      // Of this very attempt: Segment corrects every time by it.
      const sentAt = new Date(startedMs).toISOString()
      const body = `{"batch":[${messagesJson.join(',')}],"sentAt":"${sentAt}"}`
      const headers = { 'content-type': 'application/json', authorization: basic(writeKey) }
      const request = { method: 'POST', headers, body, redirect: 'manual' } as const
      const answer = await answerOf(url, request, { signal, clock, timeoutMs, retryAfterOf })
      if (isTooLarge(answer) && Buffer.byteLength(body) > cautiousBytes) bytesMax = cautiousBytes
      return answer
    },
  }
}

const basic = (writeKey: string): string => `Basic ${Buffer.from(`${writeKey}:`).toString('base64')}`

/** 400 is documented for what is too large and for what is no JSON, and ours is JSON. */
const isTooLarge = ({ status }: VendorAnswer): boolean => status === 413 || status === 400

/** Both headers hold seconds: same page, "Rate limits". */
function retryAfterOf(headers: Headers, nowMs: number): number | undefined {
  return parseRetryAfter(headers.get('retry-after') ?? headers.get('x-ratelimit-reset'), nowMs)
}

/** Answers why a key cannot be used; undefined when it is known, or nobody could be asked. */
function createKeyCheck(cdnUrl: string, clock: Clock) {
  const soundUntilMs = new Map<string, number>()
  const isSegments = /(^|\.)segment\.com$/.test(new URL(cdnUrl).hostname)
  return async (writeKey: string, signal: AbortSignal): Promise<VendorAnswer | undefined> => {
    if ((soundUntilMs.get(writeKey) ?? 0) > clock.nowMs()) return undefined
    const url = `${cdnUrl}/projects/${encodeURIComponent(writeKey)}/settings`
    const answer = await answerOf(url, { redirect: 'manual' }, { signal, clock, timeoutMs: checkTimeoutMs })
    const { status } = answer
    // A stand-in may have no settings to ask for, and says 404 to everything.
    const isUnknown = status === 404 && (isSegments || /write key/i.test(answer.text))
    if (isUnknown) {
      soundUntilMs.delete(writeKey)
      return { ...answer, means: 'key', text: 'its settings are not found, HTTP 404' }
    }
    const isKnown = status !== undefined && status >= 200 && status < 300
    soundUntilMs.set(writeKey, clock.nowMs() + (isKnown ? knownForMs : unaskedForMs))
    return undefined
  }
}
