/**
 * How a request of Statsig's side comes apart into events: its outgoing webhook and what its SDKs log. Nothing here
 * judges an event; that is `statsig-to-segment`.
 */
import { isObject } from './own-keys.ts'
import type { Unpacked } from './segment.ts'

/**
 * A webhook's body: an array of events, `{"data": [...]}`, or one event
 * (https://docs.statsig.com/integrations/event_webhook shows the first two).
 */
export function unpackStatsigWebhook(body: unknown): Unpacked {
  const items = Array.isArray(body) ? (body as unknown[]) : undefined
  if (items !== undefined) return { ok: true, items, batch: { statsig: { items } } }
  if (!isObject(body)) {
    return { ok: false, code: 'not_an_object', message: 'The body must be a JSON object or an array.' }
  }
  const wrapped = body.eventName === undefined && Array.isArray(body.data) ? (body.data as unknown[]) : [body]
  return { ok: true, items: wrapped, batch: { statsig: { items: wrapped } } }
}

/** The body of `log_event` and `rgstr`: https://docs.statsig.com/http-api . A `user` at the top is every event's default. */
export function unpackStatsigSdk(body: unknown): Unpacked {
  if (!isObject(body)) return { ok: false, code: 'not_an_object', message: 'The body must be a JSON object.' }
  if (!Array.isArray(body.events)) {
    return { ok: false, code: 'no_batch_array', message: '`events` must be an array.' }
  }
  const items = body.events as unknown[]
  const { user, statsigMetadata } = body
  const stableID = isObject(statsigMetadata) ? statsigMetadata.stableID : undefined
  const envelope = {
    items,
    ...(isObject(user) ? { user } : {}),
    ...(stableID === undefined ? {} : { stableID }),
  }
  return { ok: true, items, batch: { statsig: envelope } }
}

/** How a request of an SDK is kept: by which route, under which kind of key, and how wrong its sender's clock is. */
export interface SdkCall {
  route: string
  key: 'server' | 'client'
  /** How far the sender's clock is behind ours; negative where it is ahead, 0 where it is right. */
  clockBehindMs: number
}

/** Both on the way and in the keeping of time a few seconds are nothing: within them a time is left as it was logged. */
const clockToleratedMs = 5_000

/**
 * How far a sender's clock is behind ours, by what it says its time is: `STATSIG-CLIENT-TIME`
 * (https://docs.statsig.com/http-api), or the query's `t` of browser SDKs (`NetworkParam.Time` of npm
 * @statsig/client-core 3.33.5), both epoch ms. 0 where it says nothing that can be read.
 */
export function clockBehindMs(clientTime: string | undefined, receivedAtMs: number): number {
  if (clientTime === undefined || !/^ *\d{1,15} *$/.test(clientTime)) return 0
  const behindMs = receivedAtMs - Number(clientTime)
  return Math.abs(behindMs) < clockToleratedMs ? 0 : behindMs
}

/** `log_event:server`, or `rgstr:client:-86400000` of a browser whose clock is a day ahead. */
export function sdkCallText({ route, key, clockBehindMs: behindMs }: SdkCall): string {
  return behindMs === 0 ? `${route}:${key}` : `${route}:${key}:${behindMs}`
}

export function readSdkCall(call: string): SdkCall {
  const [route = '', key, behindMs] = call.split(':')
  return { route, key: key === 'client' ? 'client' : 'server', clockBehindMs: Number(behindMs ?? 0) }
}
