/**
 * The one way to the API: its own REST, typed by the document that it publishes. Every call ends with an answer, or with
 * a `CliFailure` in the API's own words.
 */
import createClient, { type Client } from 'openapi-fetch'
import type { paths } from '../../console/api/schema.d.ts'
import type { Secret } from '../../core/secret.ts'
import { exitCodes } from './exit-codes.ts'
import { CliFailure, interrupted, refused, type Complaint } from './failure.ts'
import type { Io } from './io.ts'

export interface Api extends Client<paths> {
  /** A call whose body or answer is no JSON: streams, CSV, health. Answers whatever comes, refusals too. */
  raw: (path: string, init?: RequestInit & { timeoutMs?: number | undefined }) => Promise<Response>
}

/** Reads take milliseconds; a start waits for Temporal, a test for a vendor. */
const timeoutMsDefault = 60_000

export function createApi(io: Io, url: string, key: Secret | undefined): Api {
  const headers = key === undefined ? {} : { authorization: `Bearer ${key.reveal()}` }
  const client = createClient<paths>({
    baseUrl: url,
    headers,
    fetch: (request) => answered(io, url, request, timeoutMsDefault),
  })
  return {
    ...client,
    raw: (path, { timeoutMs, ...init } = {}) => {
      const given = Object.fromEntries(new Headers(init.headers))
      return answered(
        io,
        url,
        new Request(`${url}${path}`, { ...init, headers: { ...headers, ...given } }),
        timeoutMs,
      )
    },
  }
}

/** No answer within the time is no answer; without a time, only Ctrl-C ends the wait. */
async function answered(
  io: Io,
  url: string,
  request: Request,
  timeoutMs: number | undefined,
): Promise<Response> {
  const timeout = timeoutMs === undefined ? [] : [AbortSignal.timeout(timeoutMs)]
  const signal = AbortSignal.any([request.signal, io.interrupted, ...timeout])
  const isRepeatable = request.headers.has('idempotency-key')
  const again = isRepeatable ? request.clone() : undefined
  try {
    return await fetch(request, { signal, redirect: 'manual' })
  } catch (error) {
    // An answer that was lost on its way: with the same key, the second call starts nothing anew.
    if (again && !signal.aborted && reasonOf(error).code === 'ECONNRESET')
      return fetch(again, { signal, redirect: 'manual' }).catch((second: unknown) => {
        throw failureOf(io, url, second)
      })
    throw failureOf(io, url, error)
  }
}

function failureOf(io: Io, url: string, error: unknown): CliFailure {
  if (io.interrupted.aborted) return interrupted('Interrupted.')
  const { code, text } = reasonOf(error)
  return new CliFailure(exitCodes.unreachable, {
    code: 'unreachable',
    title: `The API at ${url} does not answer`,
    detail: code === 'ECONNREFUSED' ? 'Nothing listens there.' : text,
    nextStep:
      '`npm start` starts it; for another place, --url or CAUSEWAY_URL. `npx causeway doctor` looks closer.',
  })
}

/** What lies under fetch's own "fetch failed". */
export function reasonOf(error: unknown): { code: string | undefined; text: string } {
  if (error instanceof Error && error.name === 'TimeoutError')
    return { code: 'timeout', text: 'There was no answer in time.' }
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  // Of several addresses, each has an error of its own.
  const first = cause instanceof AggregateError ? (cause.errors[0] as unknown) : cause
  const code = (first as NodeJS.ErrnoException | undefined)?.code
  const text = first instanceof Error ? first.message : String(first)
  return { code, text: text === '' ? (code ?? 'no reason was given') : text }
}

/** The data of an answer; a refusal is thrown as it was worded. */
export async function ok<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call
  if (response.ok && data !== undefined) return data
  throw refusalOf(error, response.status)
}

/** The same for a raw answer: throws unless it is a success. */
export async function okRaw(call: Promise<Response>): Promise<Response> {
  const response = await call
  if (response.ok) return response
  const text = await response.text().catch(() => '')
  throw refusalOf(parsed(text), response.status)
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

function refusalOf(body: unknown, status: number): CliFailure {
  if (isProblem(body)) return new CliFailure(exitCodes.failed, withHint(body))
  const title = `What answers there is not the API of Causeway: status ${status}`
  return refused(
    'not_causeway',
    title,
    'Look at --url or CAUSEWAY_URL: another program, or a proxy, has that port.',
  )
}

function isProblem(body: unknown): body is Complaint {
  return typeof body === 'object' && body !== null && 'code' in body && 'title' in body
}

/** The API speaks to programs; a person at a terminal sends no header. */
function withHint(problem: Complaint): Complaint {
  if (problem.code !== 'unauthorized') return problem
  return {
    ...problem,
    nextStep: 'Give the key as CAUSEWAY_API_KEY or by --key-file; the launcher keeps its own in keys.json.',
  }
}

/** A repeated start with the same key starts once. */
export const idempotent = (io: Pick<Io, 'uuid'>): { headers: { 'Idempotency-Key': string } } => ({
  headers: { 'Idempotency-Key': io.uuid() },
})
