/** What alerts need of the outside: their part of the Store, and who carries them. Part of core/ports.ts. */
import type { Alert, AlertDelivery, AlertKind, Finding } from './alerts.ts'
import type { VendorAnswer } from './vendor-ports.ts'

export interface AlertSettings {
  /** Undefined: alerts are recorded and sent nowhere. */
  url: string | undefined
  hasSecret: boolean
  kindsOff: AlertKind[]
  /** Share of what ended that may be rejected, 0 to 1. */
  rejectionRateLimit: number
}

export interface AlertChange {
  /** null removes it. */
  url?: string | null
  secret?: string
  kindsOff?: AlertKind[]
  rejectionRateLimit?: number
}

export interface AlertStore {
  settings(): Promise<AlertSettings>
  change(change: AlertChange, nowMs: number): Promise<AlertSettings>
  /** The secret itself, for the one moment of use. Throws `secret_unreadable`. */
  openSecret(): Promise<string | undefined>
  /** Takes or keeps a lease; false while another owner has it. */
  lease(name: string, owner: string, nowMs: number, untilMs: number): Promise<boolean>
  /** Conditions that hold and have been told of. */
  conditions(): Promise<(Finding & { sinceMs: number })[]>
  /**
   * Makes the told conditions of these kinds equal to what was found, in one transaction: an alert for each that began
   * and each that is over. Kinds that are off lose their conditions without a word. `nextId` names new alerts.
   */
  reconcile(
    found: Finding[],
    looked: readonly AlertKind[],
    nowMs: number,
    nextId: () => string,
  ): Promise<Alert[]>
  /** One to try the way with. */
  addTest(id: string, nowMs: number): Promise<Alert>
  get(id: string): Promise<Alert | undefined>
  /** Newest first, before the given one. */
  list(page: { after?: string; limit: number }): Promise<Alert[]>
  /** Without an end, oldest first, at most 100: those no run has, and those whose run was started before a moment. */
  undelivered(startedBeforeMs: number): Promise<Alert[]>
  /** A run has it. */
  markStarted(id: string, nowMs: number): Promise<void>
  recordAttempt(id: string, atMs: number, answer: Pick<VendorAnswer, 'status' | 'text'>): Promise<void>
  /** Leaves an alert that has ended as it is. */
  end(id: string, as: Extract<AlertDelivery, 'off' | 'delivered' | 'given_up'>, nowMs: number): Promise<void>
  /** What ended since, by connection; connections without any are left out. */
  endedSince(sinceMs: number): Promise<{ connectionId: string; ended: number; rejected: number }[]>
  /** Removes ended alerts that were made before a moment. Hands out numbers of rows. */
  purge(beforeMs: number): AsyncIterable<number>
}

/** Carries alerts to a URL that a person wrote. */
export interface AlertSender {
  /** What is wrong with a URL, for a person; undefined where nothing is seen without asking the network. */
  faultOf(url: string): string | undefined
  /** One signed request. Never throws but on abort. */
  send(
    request: { url: string; secret: string; id: string; body: string },
    signal: AbortSignal,
  ): Promise<VendorAnswer>
}
