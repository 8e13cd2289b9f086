/**
 * What we know of a message besides its own words: when, by which door and in which batch it came.
 * Zod-free: workflows may import this file.
 */
import type { MessageType } from './settings.ts'
import type { Json } from './own-keys.ts'
import type { Experiments } from './statsig-to-segment/experiments.ts'

/** Fields of a batch that count for each of its items; an item's own win. */
export interface BatchContext {
  context?: Json
  integrations?: Json
  /** The sender's clock at the request, as it came: read only when a time is corrected. */
  sentAt?: unknown
  /** Of a request of Statsig's side: its events, and what its envelope says for all of them. */
  statsig?: { items: readonly unknown[]; user?: Json; stableID?: unknown }
}

/** The door that a request came through. */
export type RequestSource = 'tracking' | 'webhook' | 'archive' | 'statsig_webhook' | 'statsig_sdk'

export interface Receipt {
  /** The first time of receipt, epoch ms; a replay hands in the old one. */
  receivedAtMs: number
  /**
   * `tracking`: an SDK spoke to us as if to Segment, so clock correction and `integrations` are ours to apply.
   * `webhook` and `archive`: Segment has applied both. `statsig_webhook` and `statsig_sdk`: from Statsig's side.
   */
  source: RequestSource
  /** The type that the route names (`POST /v1/track`); it wins over the message's own. */
  callType?: MessageType | undefined
  /** Who called, as seen through trusted proxies only. */
  callerIp?: string | undefined
  batch?: BatchContext | undefined
  /** When a message's age is taken, where that is not at receipt: a replay's creation. */
  ageAtMs?: number | undefined
  /** Which kind of key an SDK of Statsig's logged under. */
  sdkKey?: 'server' | 'client' | undefined
  /** How far the clock of that SDK is behind ours, by which its times are corrected; absent and 0: not at all. */
  clockBehindMs?: number | undefined
  /** What is known of the experiments of its connection's Statsig project, by which exposures of them are named. */
  experiments?: Experiments | undefined
  /** Which stored request it is of; absent before there is one. */
  requestId?: number | undefined
}
