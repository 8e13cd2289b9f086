/** The lines of a request's body as they arrive: what is held is one line and one chunk, however long the body is. */
import type { Context } from 'hono'
import { BridgeError } from '../core/errors.ts'

const lineCharsMax = 64 * 1024

/** Decompressed where it says that it is gzip. Throws `not_json` when the body is cut off or a line has no end. */
export async function* textLines(c: Context): AsyncGenerator<string> {
  const isGzip = /^(x-)?gzip$/i.test(c.req.header('content-encoding') ?? '')
  const body = c.req.raw.body as ReadableStream<Uint8Array> | null
  if (body === null) return
  const bytes = isGzip ? body.pipeThrough(new DecompressionStream('gzip')) : body
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for await (const chunk of bytes as unknown as AsyncIterable<Uint8Array>) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      if (rest.length > lineCharsMax)
        throw new BridgeError('not_json', `A line is longer than ${lineCharsMax} characters.`)
      yield* lines
    }
  } catch (cause) {
    if (cause instanceof BridgeError) throw cause
    throw new BridgeError('not_json', 'The body was cut off; the lines before are taken.', { cause })
  }
  rest += decoder.decode()
  if (rest !== '') yield rest
}
