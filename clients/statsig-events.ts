/** Statsig's event ingestion (docs.statsig.com/http-api, `POST /v1/log_event`), the one call the inbound lanes make. */
import { parseRetryAfter } from '../core/retry.ts'
import type { Clock, StatsigEvents, VendorAnswer } from '../core/ports.ts'

const timeoutMs = 30_000
const answerCharsMax = 2_000
const sdkMetadata = JSON.stringify({ sdkType: 'causeway', sdkVersion: '0.1.0' })

/**
 * A client for `<eventsUrl>/log_event`. Redirects are not followed: a key must not travel to another host.
 * STATSIG-CLIENT-TIME is the moment of this very attempt, since Statsig corrects event times by it.
 */
export function createStatsigEvents({
  eventsUrl,
  clock,
}: {
  eventsUrl: string
  clock: Clock
}): StatsigEvents {
  const url = `${eventsUrl.replace(/\/$/, '')}/log_event`
  return {
    async logEvents(key, eventsJson, signal) {
      const startedMs = clock.nowMs()
      const body = `{"events":[${eventsJson.join(',')}],"statsigMetadata":${sdkMetadata}}`
      const headers = {
        'content-type': 'application/json',
        'statsig-api-key': key,
        'statsig-client-time': String(startedMs),
        'statsig-event-count': String(eventsJson.length),
        'statsig-sdk-type': 'causeway',
      }
      return answerOf(
        fetchOnce(url, { method: 'POST', headers, body, redirect: 'manual' }, signal),
        clock,
        startedMs,
      )
    },
  }
}

async function fetchOnce(url: string, init: RequestInit, signal: AbortSignal): Promise<Response> {
  return fetch(url, { ...init, signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) })
}

/** Turns a response or a fault into plain data. Only an abort by the caller is thrown on. */
async function answerOf(sent: Promise<Response>, clock: Clock, startedMs: number): Promise<VendorAnswer> {
  const durationMs = () => clock.nowMs() - startedMs
  try {
    const response = await sent
    const text = (await response.text()).slice(0, answerCharsMax)
    const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), clock.nowMs())
    return { status: response.status, retryAfterMs, text, durationMs: durationMs() }
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') throw error
    return {
      status: undefined,
      retryAfterMs: undefined,
      text: describeFault(error),
      durationMs: durationMs(),
    }
  }
}

/** `fetch failed` says nothing; its cause names the fault (ECONNREFUSED, UND_ERR_SOCKET …). */
function describeFault(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown fault'
  const cause = error.cause instanceof Error ? error.cause : undefined
  const code = cause && 'code' in cause ? String(cause.code) : undefined
  return [error.message, code ?? cause?.message].filter(Boolean).join(': ').slice(0, answerCharsMax)
}
