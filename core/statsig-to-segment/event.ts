/**
 * A Statsig event opened for mapping. The outgoing webhook and the SDKs spell the same things differently: a time is
 * `timestamp` or `time`, a user id stands at the top or in `user`, and what an SDK says once for a request stands in
 * its envelope. https://docs.statsig.com/integrations/event_webhook , https://docs.statsig.com/http-api
 */
import { emptyJson, isObject, own, type Json } from '../own-keys.ts'
import type { BatchContext } from '../receipt.ts'
import { cutText, isBlank } from '../text.ts'

/** What an event is to a person who switches kinds on and off. */
export type EventKind = 'event' | 'exposure' | 'config_change' | 'internal'

export interface StatsigEventView {
  readonly item: Json
  readonly kind: EventKind
  /** The event's own user, else the one that its request names for all. */
  readonly user: Json
  readonly metadata: unknown
  /** Of the event alone. */
  readonly statsigMetadata: Json
  readonly batch: BatchContext | undefined
}

/**
 * Names that Statsig's SDKs log for Statsig itself, as statsig-node 6.5.2, @statsig/statsig-node-core 0.23.2,
 * @statsig/js-client 3.33.5 and @statsig/session-replay send them.
 */
const internalNames: ReadonlySet<string> = new Set([
  'statsig::diagnostics',
  'statsig::non_exposed_checks',
  'statsig::identify',
  'statsig::log_line',
  'statsig::default_value_type_mismatch',
  'statsig::session_recording',
])

/** `gate`, `config`, `layer` by SDKs, and `experiment` by Statsig's own integrations. */
const exposureName = /^statsig::[a-z]+_exposure$/

/** What a name says of its event. */
export function kindOf(name: string | undefined): EventKind {
  if (name === undefined || !name.startsWith('statsig::')) return 'event'
  if (internalNames.has(name)) return 'internal'
  if (name === 'statsig::config_change') return 'config_change'
  return exposureName.test(name) ? 'exposure' : 'event'
}

/** A name as it goes out: text that says something, or a number as text. */
export function eventNameOf(item: Json): string | undefined {
  const name = item.eventName
  if (typeof name === 'string') return isBlank(name) ? undefined : cutText(name, name.length)
  return typeof name === 'number' && Number.isFinite(name) ? String(name) : undefined
}

/** Opens an event. What should be an object and is none counts as empty. */
export function openEvent(item: Json, batch: BatchContext | undefined): StatsigEventView {
  return {
    item,
    kind: kindOf(eventNameOf(item)),
    user: isObject(item.user) ? item.user : (batch?.statsig?.user ?? emptyJson),
    metadata: item.metadata,
    statsigMetadata: isObject(item.statsigMetadata) ? item.statsigMetadata : emptyJson,
    batch,
  }
}

/** Reads an own key as Statsig does: as it is spelt, else in any case (`getUnitID` of statsig-node 6.5.2). */
export function anyCase(object: Json, key: string): unknown {
  const exact = own(object, key)
  if (exact !== undefined && exact !== null) return exact
  const lower = key.toLowerCase()
  const spelt = Object.keys(object).find((name) => name.toLowerCase() === lower)
  return spelt === undefined ? undefined : object[spelt]
}

/** The user's custom ids by type. */
export function customIdsOf({ user }: StatsigEventView): Json {
  return isObject(user.customIDs) ? user.customIDs : emptyJson
}
