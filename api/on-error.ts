/** Errors -> RFC 9457 problem+json: the only place. Unknown errors say a fixed text to the caller, all to the log. */
import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { z } from '@hono/zod-openapi'
import { BridgeError, errorTable } from '../core/errors.ts'
import type { Log } from '../core/ports.ts'

export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.string(),
    detail: z.string().optional(),
    nextStep: z.string(),
    errors: z
      .array(
        z.object({
          /** As in the body: `filters.inbound.rules[3].event`. */
          path: z.string(),
          message: z.string(),
          /** The character of the text that stands there at which the fault is, counted from 0. */
          at: z.number().int().optional(),
        }),
      )
      .optional(),
  })
  .openapi('Problem')
export type Problem = z.infer<typeof Problem>

/** A body that does not fit its schema: each fault with its place. */
export class InvalidRequest extends BridgeError {
  readonly errors: Place[]
  constructor(issues: readonly Issue[]) {
    const errors = issues.flatMap(placesOf)
    super('invalid_request', `${errors.length} field(s) do not fit`)
    this.errors = errors
  }
}

interface Issue {
  path: PropertyKey[]
  message: string
  /** Keys that the schema does not know; the issue's own path is that of the object around them. */
  keys?: string[]
  /** What a check of our own adds: the character at which a text fails. */
  params?: { at?: unknown } | undefined
}

interface Place {
  path: string
  message: string
  at?: number
}

function placesOf({ path, message, keys, params }: Issue): Place[] {
  const places = keys === undefined ? [path] : keys.map((key) => [...path, key])
  const at = typeof params?.at === 'number' ? { at: params.at } : {}
  return places.map((place) => ({ path: pathText(place), message, ...at }))
}

/** `rules[3].event`, as a program would write it. */
function pathText(path: PropertyKey[]): string {
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '')
}

export function problemOf(error: BridgeError): Problem {
  const { status, title, nextStep } = errorTable[error.code]
  const base = {
    type: `urn:causeway:${error.code}`,
    title,
    status,
    code: error.code,
    detail: error.detail,
    nextStep,
  }
  return error instanceof InvalidRequest ? { ...base, errors: error.errors } : base
}

const unknownProblem: Problem = {
  type: 'urn:causeway:internal',
  title: 'Something went wrong on our side',
  status: 500,
  code: 'internal',
  nextStep: 'Try again; if it stays, look for this request in the log of the api process.',
}

export function respondWith(c: Context, problem: Problem): Response {
  return c.body(JSON.stringify(problem), problem.status as ContentfulStatusCode, {
    'content-type': 'application/problem+json',
  })
}

/** `respond` is for a caller that reads another form of error. */
export function createOnError(log: Log, respond = respondWith) {
  return (error: Error, c: Context): Response => {
    if (error instanceof BridgeError) {
      const { status } = errorTable[error.code]
      if (status === 503) c.header('retry-after', '30')
      if (status >= 500) log.error({ event: 'request.failed', error }, 'request.failed')
      return respond(c, problemOf(error))
    }
    if (error instanceof HTTPException && error.status < 500) {
      const notJson = new BridgeError('not_json', error.message)
      return respond(c, problemOf(notJson))
    }
    log.error({ event: 'request.failed', path: c.req.path, error }, 'request.failed')
    return respond(c, unknownProblem)
  }
}
