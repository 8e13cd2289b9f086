/**
 * Alerts: what a person is told of without looking. One is made when a condition begins and one when it is over, never
 * in between. Zod-free: workflows import this file.
 */

/** A kind is a line here and one in api/alert-conditions.ts. Wire format: receivers tell alerts apart by them. */
export const alertKinds = [
  'needs_attention',
  'lane_stalled',
  'rejection_rate',
  'guard_waiting',
  'webhook_quiet',
  'token_dying',
] as const
export type AlertKind = (typeof alertKinds)[number]

export type AlertState = 'firing' | 'recovered' | 'test'

/** `off`: there was nowhere to send it. `waiting`: no run has it yet. */
export type AlertDelivery = 'off' | 'waiting' | 'sending' | 'delivered' | 'given_up'

export interface Alert {
  id: string
  kind: AlertKind
  state: AlertState
  connectionId: string | undefined
  /** The lane, audience or the like; undefined where it is the connection as a whole. */
  subject: string | undefined
  /** What is the matter, for a person. */
  text: string
  /** When the condition began. */
  sinceMs: number
  createdAtMs: number
  delivery: AlertDelivery
  attempts: number
  lastAttemptAtMs: number | undefined
  lastStatus: number | undefined
  /** The receiver's words or the fault, cut. */
  lastAnswer: string | undefined
  endedAtMs: number | undefined
}

/** A condition that holds: found by a look, or told of before. */
export interface Finding {
  /** The same as long as the condition is the same: `lane_stalled:con_1:events`. */
  key: string
  kind: AlertKind
  connectionId: string
  subject: string | undefined
  text: string
}

/** The body of the webhook, in the form of https://www.standardwebhooks.com: the same at every attempt. */
export function alertBody(alert: Alert): string {
  const { id, kind, state, connectionId = null, subject = null, text, sinceMs, createdAtMs } = alert
  const iso = (ms: number) => new Date(ms).toISOString()
  return JSON.stringify({
    type: state === 'test' ? 'alert.test' : `${kind}.${state}`,
    timestamp: iso(createdAtMs),
    data: { id, kind, state, connectionId, subject, text, since: iso(sinceMs) },
  })
}

/** How the run shows itself in the Temporal Web UI. Markdown. */
export function describeAlertRun(state: string): string {
  return `The alert is **${state}**. What it says and each attempt: \`GET /api/v1/alerts\`.`
}
