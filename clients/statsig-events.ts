/** Statsig's event ingestion (docs.statsig.com/http-api, `POST /v1/log_event`), the one call the inbound lanes make. */
import type { Clock, StatsigEvents } from '../core/ports.ts'
import { answerOf } from './vendor-answer.ts'

const timeoutMs = 30_000
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
  const post = (key: string, body: string, more: Record<string, string>, signal: AbortSignal) => {
    const headers = {
      'content-type': 'application/json',
      'statsig-api-key': key,
      'statsig-client-time': String(clock.nowMs()),
      ...more,
    }
    return answerOf(url, { method: 'POST', headers, body, redirect: 'manual' }, { signal, clock, timeoutMs })
  }
  return {
    logEvents(key, eventsJson, signal) {
      const body = `{"events":[${eventsJson.join(',')}],"statsigMetadata":${sdkMetadata}}`
      const ours = {
        'statsig-event-count': String(eventsJson.length),
        'statsig-sdk-type': 'causeway',
      }
      return post(key, body, ours, signal)
    },
    forward(key, body, clockBehindMs, signal) {
      const theirs = { 'statsig-client-time': String(clock.nowMs() - clockBehindMs) }
      return post(key, body, theirs, signal)
    },
  }
}
