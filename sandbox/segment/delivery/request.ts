// One request to a webhook destination on the wire, as Segment's action sends it (github.com/segmentio/
// action-destinations, `webhook`, read and run 2026-08): no gzip, no time or nonce, and a signature over the first
// element alone when it is a batch.
import { createHmac } from 'node:crypto'
import { isRecord } from '../judge-message.ts'

export interface WebhookRequest {
  url: string
  method: string
  headers: Record<string, string>
  /** One for each event. */
  data: unknown[]
  /** A batch is an array even of one. */
  isBatch: boolean
  sharedSecret: string | undefined
}

/** What came of an attempt; a status of null is a timeout or a line that broke. */
export interface Attempted {
  status: number | null
  error?: string
}

/** Sends it once. Redirects are not followed. */
export async function sendOnce(
  { url, method, headers, data, isBatch, sharedSecret }: WebhookRequest,
  signal: AbortSignal,
): Promise<Attempted> {
  const signed = JSON.stringify(data[0])
  try {
    const response = await fetch(url, {
      ...{ method, signal, redirect: 'manual', body: isBatch ? JSON.stringify(data) : signed },
      headers: {
        ...{
          accept: '*/*',
          'user-agent': 'Segment (Actions)',
          'content-type': 'application/json',
          ...headers,
        },
        ...(sharedSecret === undefined ? {} : { 'x-signature': signatureOf(signed, sharedSecret) }),
      },
    })
    await response.body?.cancel()
    return { status: response.status }
  } catch (error) {
    return { status: null, error: reasonOf(error) }
  }
}

const signatureOf = (text: string, secret: string) =>
  createHmac('sha1', secret).update(text, 'utf8').digest('hex')

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  if (error.name === 'TimeoutError') return 'ETIMEDOUT'
  return isRecord(error.cause) && typeof error.cause.code === 'string' ? error.cause.code : error.message
}

/** What an answer means (segment.com/docs/connections/integration_error_codes; `core/errors.ts` of the same repository). */
export function verdictOn({ status }: Attempted): 'delivered' | 'retry' | 'dropped' {
  if (status === null || [408, 423, 429].includes(status)) return 'retry'
  if (status >= 500) return status === 501 ? 'dropped' : 'retry'
  return status >= 200 && status < 300 ? 'delivered' : 'dropped'
}
