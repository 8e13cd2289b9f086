/** What all routes of the control plane share in their description: bodies, answers, problems, path parameters. */
import { z } from '@hono/zod-openapi'
import { Problem } from './on-error.ts'

export const ConnectionPath = z.object({ id: z.string().openapi({ param: { name: 'id', in: 'path' } }) })

export const jsonBody = <T extends z.ZodType>(schema: T) => ({
  content: { 'application/json': { schema } },
  required: true,
})

const problem = { content: { 'application/problem+json': { schema: Problem } } }
const titles = {
  400: 'The body is not JSON, or not sent as JSON.',
  401: 'No valid API key.',
  403: 'The role of the key does not reach.',
  404: 'Not found.',
  409: 'In conflict with another connection.',
  422: 'The request does not fit.',
}

/** One success and the problems that a route may answer; 401 and 403 are every route's. */
export function answers<S extends 200 | 201, T extends z.ZodType>(
  status: S,
  schema: T,
  description: string,
  problems: (keyof typeof titles)[] = [],
) {
  const success = { [status]: { content: { 'application/json': { schema } }, description } } as Record<
    S,
    { content: { 'application/json': { schema: T } }; description: string }
  >
  const failures = Object.fromEntries(
    [401 as const, 403 as const, ...problems].map((code) => [
      code,
      { ...problem, description: titles[code] },
    ]),
  )
  return { ...success, ...failures }
}
