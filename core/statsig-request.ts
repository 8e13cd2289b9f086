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
