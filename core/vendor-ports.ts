/** What the vendors' APIs must provide. Part of core/ports.ts; adapters are in clients/, one file a remote API. */

/** What a vendor said to one request. Network faults are `status: undefined`. */
export interface VendorAnswer {
  status: number | undefined
  /** Retry-After, in ms. */
  retryAfterMs: number | undefined
  /** The vendor's words or the fault, cut to a bound. */
  text: string
  durationMs: number
}

export interface StatsigEvents {
  /** One log_event request. `eventsJson` are the events as JSON texts. Never throws but on abort. */
  logEvents(key: string, eventsJson: string[], signal: AbortSignal): Promise<VendorAnswer>
}

/** Statsig's Console API. Both throw `statsig.unavailable`. */
export interface StatsigConsole {
  /** Names of the project's unit id types. */
  unitIdTypes(key: string): Promise<string[]>
  createUnitIdType(key: string, name: string): Promise<void>
}
