// Segment's write keys as the sandbox judges them, and where a request carries its own.
import type { Context } from 'hono'

/** Whether a source has this key: in the sandbox, any key that does not contain `unknown`. */
export const isKnownWriteKey = (writeKey: string): boolean => !writeKey.includes('unknown')

/** The key of a request: the user of Basic authentication (the colon is optional), else `writeKey` in the body. */
export function writeKeyOf(c: Context, body: { writeKey?: unknown }): string | undefined {
  const [, encoded] = /^basic\s+(\S+)\s*$/i.exec(c.req.header('authorization') ?? '') ?? []
  const user =
    encoded === undefined ? '' : (Buffer.from(encoded, 'base64').toString('utf8').split(':')[0] ?? '')
  if (user !== '') return user
  return typeof body.writeKey === 'string' && body.writeKey !== '' ? body.writeKey : undefined
}
