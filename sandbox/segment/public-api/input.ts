// Reading the body of a call that writes.
import type { Context } from 'hono'
import type { z } from 'zod'
import { refuse } from './errors.ts'

/** The body by its schema, or the refusal that names the first field that is wrong. */
export async function readInput<T extends z.ZodType>(c: Context, schema: T): Promise<z.infer<T> | Response> {
  const json: unknown = await c.req.json().catch(() => undefined)
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  return refuse(c, 'bad-request', issue?.message ?? 'The body is not valid.', {
    field: issue?.path.join('.') ?? '',
  })
}
