// Reading a request's body as vendors do: any of the encodings their SDKs send, and never past a limit, be it on
// the wire or unpacked.
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { Decompress } from 'fzstd'
import type { Context } from 'hono'

const gunzipAsync = promisify(gunzip)

/** A body that cannot be taken; `status` is the HTTP answer. */
export class BodyRefused extends Error {
  readonly status: 400 | 413 | 415
  constructor(status: 400 | 413 | 415, message: string) {
    super(message)
    this.status = status
  }
}

/** Reads and unpacks the body; throws BodyRefused. The content type is not looked at: browsers send text/plain. */
export async function readBody(c: Context, bytesMax: number): Promise<Buffer> {
  const packed = await readBytes(c, bytesMax)
  // Statsig's browser SDK cannot set a header on a beacon, so it flags gzip in the query.
  const encoding = c.req.query('gz') === '1' ? 'gzip' : c.req.header('content-encoding')
  switch (encoding?.trim().toLowerCase()) {
    case undefined:
    case '':
    case 'identity':
      return packed
    case 'gzip':
    case 'x-gzip':
      return gunzipUpTo(packed, bytesMax)
    case 'zstd':
      return unzstdUpTo(packed, bytesMax)
    default:
      throw new BodyRefused(415, 'Content-Encoding is none of gzip, zstd and identity.')
  }
}

async function readBytes(c: Context, bytesMax: number): Promise<Buffer> {
  const length = c.req.header('content-length')
  if (Number(length) > bytesMax) throw tooLarge(bytesMax)
  if (length !== undefined) return Buffer.from(await c.req.arrayBuffer())
  const chunks: Uint8Array[] = []
  let bytes = 0
  const stream = c.req.raw.body as ReadableStream<Uint8Array> | null
  for await (const chunk of stream ?? []) {
    bytes += chunk.length
    if (bytes > bytesMax) throw tooLarge(bytesMax)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

async function gunzipUpTo(packed: Buffer, bytesMax: number): Promise<Buffer> {
  try {
    return await gunzipAsync(packed, { maxOutputLength: bytesMax })
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge(bytesMax) // ERR_BUFFER_TOO_LARGE
    throw new BodyRefused(400, 'The body is not gzip.')
  }
}

/** By fzstd, since zlib has zstd only from Node 22.15. Its stream yields a block at a time, so a bomb stops early. */
function unzstdUpTo(packed: Buffer, bytesMax: number): Buffer {
  const blocks: Uint8Array[] = []
  let bytes = 0
  const stream = new Decompress((block) => {
    bytes += block.length
    if (bytes > bytesMax) throw tooLarge(bytesMax)
    blocks.push(block)
  })
  try {
    stream.push(packed, true)
  } catch (error) {
    throw error instanceof BodyRefused ? error : new BodyRefused(400, 'The body is not zstd.')
  }
  return Buffer.concat(blocks)
}

function tooLarge(bytesMax: number): BodyRefused {
  return new BodyRefused(413, `The body is over ${bytesMax} bytes.`)
}
