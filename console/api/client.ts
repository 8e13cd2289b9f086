/**
 * The one way to the API: typed by docs/openapi.json, signed in by the session's cookie. A failed call throws a
 * `Problem`, which says what happened in the API's own words.
 */
import createClient from 'openapi-fetch'
import type { paths } from './schema.d.ts'
import { csrfHeaders } from './session.ts'

export interface ProblemBody {
  title: string
  status: number
  code: string
  detail?: string
  nextStep?: string
  errors?: { path: string; message: string }[]
}

/** A call that failed. `status` 0: no answer came at all. */
export class Problem extends Error {
  readonly body: ProblemBody
  constructor(body: ProblemBody) {
    super(body.title)
    this.name = 'Problem'
    this.body = body
  }
}

const unreachable: ProblemBody = {
  title: 'Causeway does not answer',
  status: 0,
  code: 'unreachable',
  detail: 'The page cannot reach the API. What has been accepted is on its disk.',
  nextStep: 'Check the network and the api process; the page tries again by itself.',
}

/** Any failure as a problem. */
export function problemOf(error: unknown): ProblemBody {
  return error instanceof Problem ? error.body : { ...unreachable, detail: String(error) }
}

export const api = createClient<paths>({
  baseUrl: globalThis.location.origin,
  fetch: async (request) => {
    for (const [name, value] of Object.entries(csrfHeaders())) request.headers.set(name, value)
    try {
      return await fetch(request)
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') throw error
      throw new Problem(unreachable)
    }
  },
})

/** The data of an answer, or a thrown `Problem`. */
export async function ok<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call
  if (response.ok) return data as T
  throw new Problem(toBody(error, response.status))
}

function toBody(error: unknown, status: number): ProblemBody {
  const isProblem = typeof error === 'object' && error !== null && 'title' in error && 'code' in error
  if (isProblem) return error as ProblemBody
  return { title: `The API answered ${status}`, status, code: 'unknown', nextStep: 'Try again.' }
}

/** A key that makes a repeated POST start its work once. */
export const idempotent = (): { 'Idempotency-Key': string } => ({ 'Idempotency-Key': crypto.randomUUID() })

interface Call {
  query?: Record<string, string | number | undefined>
  body?: unknown
  headers?: Record<string, string>
  signal?: AbortSignal
}

/** A call whose shape the document does not give in a form that the client can type, such as a record of records. */
export async function call<T>(
  method: string,
  path: string,
  { query = {}, body, headers, signal }: Call = {},
): Promise<T> {
  const given = Object.entries(query).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, String(value)]],
  )
  const search = new URLSearchParams(given).toString()
  const isText = typeof body === 'string'
  let response: Response
  try {
    response = await fetch(`/api/v1${path}${search === '' ? '' : `?${search}`}`, {
      method,
      headers: {
        ...csrfHeaders(),
        ...(body === undefined || isText ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : isText ? body : JSON.stringify(body),
      signal,
    })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new Problem(unreachable)
  }
  const text = await response.text()
  const json: unknown = text === '' ? undefined : JSON.parse(text)
  if (!response.ok) throw new Problem(toBody(json, response.status))
  return json as T
}
