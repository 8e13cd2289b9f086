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
        signal,
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
async function answerOf(
  sent: Promise<Response>,
  signal: AbortSignal,
  clock: Clock,
  startedMs: number,
): Promise<VendorAnswer> {
  const durationMs = () => clock.nowMs() - startedMs
  try {
    const response = await sent
    const text = (await response.text()).slice(0, answerCharsMax)
    const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), clock.nowMs())
    return { status: response.status, retryAfterMs, text, durationMs: durationMs() }
  } catch (error) {
    if (signal.aborted) throw error
    return {
      status: undefined,
      retryAfterMs: undefined,
      text: describeFault(error),
      durationMs: durationMs(),
    }
  }
}

/** The code of the fault (ECONNREFUSED, UND_ERR_SOCKET …) and nothing else: its message may quote a header, and so the key. */
function describeFault(error: unknown): string {
  if (!(error instanceof Error)) return 'the request could not be sent'
  if (error.name === 'TimeoutError') return `no answer within ${timeoutMs / 1000} s`
  const { cause } = error
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string')
    return cause.code.slice(0, 100)
  return 'the request could not be sent'
}
