/**
 * Alerts to a URL that a person wrote, signed as https://www.standardwebhooks.com says (v1, HMAC-SHA256): libraries in
 * a dozen languages verify them. docs/alerts.md shows how without one.
 */
import { createHmac } from 'node:crypto'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { AlertSender, Clock, VendorAnswer } from '../core/ports.ts'
import type { OutboundGuard } from './outbound-guard.ts'

const answerCharsMax = 500

export function createAlertWebhook({
  guard,
  clock,
  timeoutMs = 15_000,
}: {
  guard: OutboundGuard
  clock: Clock
  /** For the whole of it, from the name's lookup to the end of the answer. */
  timeoutMs?: number
}): AlertSender {
  return {
    faultOf: (url) => guard.faultOf(url),
    async send({ url, secret, id, body }, signal) {
      const startedMs = clock.nowMs()
      const done = (status: number | undefined, text: string): VendorAnswer => ({
        ...{ status, text, retryAfterMs: undefined },
        durationMs: clock.nowMs() - startedMs,
      })
      const fault = guard.faultOf(url)
      if (fault !== undefined) return done(undefined, `the URL ${fault}`)
      const timestamp = Math.floor(startedMs / 1_000)
      const headers = {
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(body)),
        'user-agent': 'causeway',
        'webhook-id': id,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': signatureOf(secret, id, timestamp, body),
      }
      const limit = AbortSignal.timeout(timeoutMs)
      try {
        const answer = await post(url, headers, body, guard, AbortSignal.any([signal, limit]))
        return done(answer.status, answer.text)
      } catch (error) {
        if (signal.aborted) throw error
        return done(
          undefined,
          limit.aborted ? `no answer within ${timeoutMs / 1_000} s` : describeFault(error),
        )
      }
    },
  }
}

/** `v1,<base64>` over id, time and body. A secret of the form `whsec_<base64>` stands for these bytes, any other for its own. */
export function signatureOf(secret: string, id: string, timestampSeconds: number, body: string): string {
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret)
  return `v1,${createHmac('sha256', key).update(`${id}.${timestampSeconds}.${body}`).digest('base64')}`
}

/** A connection of its own each time: one that is kept open would not be looked at again. Redirects are answers. */
function post(
  url: string,
  headers: Record<string, string>,
  body: string,
  { lookup }: OutboundGuard,
  signal: AbortSignal,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? httpsRequest : httpRequest
    const request = send(url, { method: 'POST', headers, lookup, agent: false, signal })
    request.once('error', reject)
    request.once('response', (response) => {
      readStart(response).then((text) => {
        request.destroy()
        resolve({ status: response.statusCode ?? 0, text })
      }, reject)
    })
    request.end(body)
  })
}

/** The first characters of an answer; what follows is not waited for. */
async function readStart(response: IncomingMessage): Promise<string> {
  let text = ''
  response.setEncoding('utf8')
  for await (const chunk of response) {
    text += String(chunk)
    if (text.length >= answerCharsMax) break
  }
  return text.slice(0, answerCharsMax)
}

/** What the guard says in its words; of all else the code alone. */
function describeFault(error: unknown): string {
  if (!(error instanceof Error)) return 'the request could not be sent'
  const code = 'code' in error && typeof error.code === 'string' ? error.code.slice(0, 100) : undefined
  if (code === 'ADDRESS_NOT_ALLOWED') return `${code}: ${error.message}`
  return code ?? 'the request could not be sent'
}
