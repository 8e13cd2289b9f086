/** One HTTP call to a vendor as plain data. Only an abort by the caller is thrown on. */
import { parseRetryAfter } from '../core/retry.ts'
import type { Clock, VendorAnswer } from '../core/ports.ts'

const answerCharsMax = 2_000

export interface CallOptions {
  signal: AbortSignal
  clock: Clock
  timeoutMs: number
  /** Where the vendor says how long to wait; `Retry-After` unless told otherwise. */
  retryAfterOf?: (headers: Headers, nowMs: number) => number | undefined
}

/** Calls, and turns a response or a fault into plain data. */
export async function answerOf(url: string, init: RequestInit, options: CallOptions): Promise<VendorAnswer> {
  const { signal, clock, timeoutMs, retryAfterOf = byHeader } = options
  const startedMs = clock.nowMs()
  try {
    const response = await fetch(url, {
      ...init,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    })
    const text = (await response.text()).slice(0, answerCharsMax)
    const nowMs = clock.nowMs()
    const retryAfterMs = retryAfterOf(response.headers, nowMs)
    return { status: response.status, retryAfterMs, text, durationMs: nowMs - startedMs }
  } catch (error) {
    if (signal.aborted) throw error
    const durationMs = clock.nowMs() - startedMs
    return { status: undefined, retryAfterMs: undefined, text: describeFault(error, timeoutMs), durationMs }
  }
}

const byHeader = (headers: Headers, nowMs: number) => parseRetryAfter(headers.get('retry-after'), nowMs)

/** The code of the fault (ECONNREFUSED, UND_ERR_SOCKET …) and nothing else: its message may quote a header, and so the key. */
function describeFault(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return 'the request could not be sent'
  if (error.name === 'TimeoutError') return `no answer within ${timeoutMs / 1000} s`
  const { cause } = error
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string')
    return cause.code.slice(0, 100)
  return 'the request could not be sent'
}
