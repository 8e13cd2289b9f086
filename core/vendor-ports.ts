/** What the vendors' APIs must provide. Part of core/ports.ts; adapters are in clients/, one file a remote API. */
import type { KeyKind } from './ports.ts'
import type { Answer } from './retry.ts'
import type { Experiments } from './statsig-to-segment/experiments.ts'

/** The key that a vendor refused; `key` undefined: there was none. */
export interface RefusedKey {
  kind: KeyKind
  key: string | undefined
}

/** What a vendor said to one request. Network faults are `status: undefined`. */
export interface VendorAnswer {
  status: number | undefined
  /** Retry-After, in ms. */
  retryAfterMs: number | undefined
  /** The vendor's words or the fault, cut to a bound. */
  text: string
  durationMs: number
  /** What it means, where its status does not say so; `text` is then what a person is told. */
  means?: Answer
  /** Which key was refused, where a lane has more than one. */
  refused?: RefusedKey
}

export interface SegmentTracking {
  /**
   * One `/v1/batch` request. `messagesJson` are the messages as JSON texts. A write key that Segment does not know
   * `means: 'key'`, since Segment itself answers 200 to it. Never throws but on abort.
   */
  sendBatch(writeKey: string, messagesJson: string[], signal: AbortSignal): Promise<VendorAnswer>
  /** The most bytes that a batch may have, all in all; less once Segment has refused one for its size. */
  batchBytesMax(): number
}

export interface StatsigEvents {
  /** One log_event request. `eventsJson` are the events as JSON texts. Never throws but on abort. */
  logEvents(key: string, eventsJson: string[], signal: AbortSignal): Promise<VendorAnswer>
  /** The same with a body as an SDK wrote it, whose clock is so far behind ours: Statsig corrects its times by that. */
  forward(key: string, body: string, clockBehindMs: number, signal: AbortSignal): Promise<VendorAnswer>
}

/** Statsig's Console API. Both throw `statsig.unavailable`. */
export interface StatsigConsole {
  /** Names of the project's unit id types. */
  unitIdTypes(key: string): Promise<string[]>
  createUnitIdType(key: string, name: string): Promise<void>
}

/** Which of a project's configs are experiments. */
export interface StatsigExperiments {
  /**
   * By a console key. Undefined until the project has said so once; after that what it said last, at most a few minutes
   * old while it answers. Waits seconds at most, and never throws.
   */
  of(consoleKey: string): Promise<Experiments | undefined>
}
