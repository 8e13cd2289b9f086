/**
 * Statsig's wire, as far as events go in: one element of `events` in `POST /v1/log_event`, and its limits.
 * Shape: https://docs.statsig.com/http-api (OpenAPI, read 2026-11).
 */

/** https://docs.statsig.com/sdks/user; `privateAttributes` are not here because they must never be logged. */
export interface StatsigUser {
  /** Always text: the server SDKs hash a numeric id to nothing, so it would match no ID list. */
  userID?: string
  customIDs?: Record<string, string>
  email?: string
  ip?: string
  userAgent?: string
  locale?: string
  appVersion?: string
  custom?: Record<string, StatsigCustomValue>
  /** Without a tier Statsig counts an event as production: https://docs.statsig.com/guides/using-environments */
  statsigEnvironment?: { tier: string }
}

export type StatsigCustomValue = string | number | boolean | string[]

export interface StatsigEvent {
  eventName: string
  value?: number | string
  /** Epoch milliseconds, an integer. */
  time: number
  user: StatsigUser
  /** The schema says text to text. A dot in a key is read as a path downstream: docs.statsig.com/metrics/raw-events */
  metadata?: Record<string, string>
}

/**
 * An event whose name holds one of these is dropped by Statsig's processing: the set is printed as a regular
 * expression at https://docs.statsig.com/metrics/raw-events. Whether the backslash itself belongs to it is not clear
 * there; we take it in.
 */
export const droppedNameCharacters = '"\\[]{}<>#=;&$%|\0\n\r'

/**
 * Sizes beyond which Statsig says that it may trim, from the `LogEventValidator` of npm statsig-node 6.5.2
 * (https://docs.statsig.com/guides/logging-events prints 4096 for objects too, and 64 for text).
 */
export const statsigLimits = {
  /** Event names, userID and text values: beyond it we warn, and cut nothing. */
  textCharsMax: 128,
  /** `JSON.stringify(metadata).length` */
  metadataCharsMax: 4096,
  /** `JSON.stringify(user).length` */
  userCharsMax: 4096,
} as const
