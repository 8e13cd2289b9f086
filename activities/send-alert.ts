/** One attempt to carry an alert out, recorded whatever came of it; and the end of trying. */
import { Context } from '@temporalio/activity'
import { alertBody } from '../core/alerts.ts'
import { BridgeError } from '../core/errors.ts'
import type { AlertSender, AlertStore, Clock, Log } from '../core/ports.ts'
import { redactText } from '../core/redact.ts'
import { toFailure } from './failures.ts'

export interface AlertDeps {
  alerts: AlertStore
  alertSender: AlertSender
  clock: Clock
  log: Log
}

export interface AlertInput {
  alertId: string
}
export interface AlertResult {
  state: 'off' | 'delivered' | 'given_up'
}

/** Where and how is read anew at each attempt: a URL that was corrected counts at the next one. */
export function createSendAlert(deps: AlertDeps) {
  return async function sendAlert({ alertId }: AlertInput): Promise<AlertResult> {
    try {
      return await attempt(deps, alertId)
    } catch (error) {
      throw toFailure(error, deps.log)
    }
  }
}

async function attempt({ alerts, alertSender, clock, log }: AlertDeps, id: string): Promise<AlertResult> {
  const alert = await alerts.get(id)
  // Told already, by an attempt whose answer was lost; or removed with what is old.
  if (alert === undefined) return { state: 'off' }
  if (alert.delivery === 'delivered' || alert.delivery === 'given_up') return { state: alert.delivery }
  const { url } = await alerts.settings()
  const secret = await alerts.openSecret()
  if (url === undefined || secret === undefined) {
    await alerts.end(id, 'off', clock.nowMs())
    return { state: 'off' }
  }
  const atMs = clock.nowMs()
  const request = { url, secret, id, body: alertBody(alert) }
  const answer = await alertSender.send(request, Context.current().cancellationSignal)
  const { status, durationMs } = answer
  await alerts.recordAttempt(id, atMs, { status, text: redactText(answer.text) })
  log.info({ event: 'alert.attempted', alertId: id, status, durationMs }, 'alert.attempted')
  if (status === undefined || status < 200 || status > 299) {
    throw new BridgeError('alert_not_taken', status === undefined ? 'no answer' : `HTTP ${status}`)
  }
  await alerts.end(id, 'delivered', clock.nowMs())
  return { state: 'delivered' }
}

/** Says that nobody took it. */
export function createGiveUpAlert({ alerts, clock, log }: AlertDeps) {
  return async function giveUpAlert({ alertId }: AlertInput): Promise<AlertResult> {
    try {
      await alerts.end(alertId, 'given_up', clock.nowMs())
      log.warn({ event: 'alert.given_up', alertId }, 'alert.given_up')
      return { state: 'given_up' }
    } catch (error) {
      throw toFailure(error, log)
    }
  }
}
