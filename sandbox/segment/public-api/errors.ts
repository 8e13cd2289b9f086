// How the Public API refuses: `{"errors": [{type, message, field?, data?, status}]}` (npm
// @segment/public-api-sdk-typescript 47.0.0, RequestErrorEnvelope). The words in `type` are not documented; ours.
import type { Context } from 'hono'

export type Refusal = 'bad-request' | 'unauthenticated' | 'forbidden' | 'not-found' | 'rate-limit'

const statusOf = {
  'bad-request': 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  'rate-limit': 429,
} as const satisfies Record<Refusal, number>

/** A refusal with its status; `field` names the input that is wrong. */
export function refuse(
  c: Context,
  type: Refusal,
  message: string,
  more: { field?: string; data?: unknown } = {},
): Response {
  return c.json({ errors: [{ type, message, ...more, status: statusOf[type] }] }, statusOf[type])
}
