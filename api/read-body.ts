/** A request's body as bytes: bounded, decompressed, whatever the headers claim. */
import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { Context } from 'hono'
import { BridgeError } from '../core/errors.ts'
import { isZstd, unzstd, ZstdTooLarge } from './zstd.ts'

export const bodyBytesMax = 16 * 1024 * 1024
/**
 * What is over the limit is read on to here before the refusal: many clients read no answer before they have sent
 * their body, and a connection closed under them looks like a network fault, which they retry.
 */
const discardBytesMax = 4 * bodyBytesMax
const inflate = promisify(gunzip)

/**
 * Reads at most 16 MB, also after decompression (`body_too_large`). A body is taken to be gzip or zstd when it
 * begins like one (RFC 1952, RFC 8878): clients exist that set the header without compressing, and proxies that strip it.
 */
export async function readBody(c: Context): Promise<Uint8Array> {
  if (Number(c.req.header('content-length') ?? 0) > discardBytesMax) throw tooLarge()
  const incoming = (c.env as { incoming?: IncomingMessage } | undefined)?.incoming
  const body = incoming ? await readIncoming(incoming) : await readWeb(c)
  if (isZstd(body)) return inflateZstd(body)
  if (body[0] !== 0x1f || body[1] !== 0x8b) return body
  try {
    return await inflate(body, { maxOutputLength: bodyBytesMax })
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge()
    throw new BridgeError('not_json', 'The body is not valid gzip.', { cause: error })
  }
}

function inflateZstd(body: Uint8Array): Uint8Array {
  try {
    return unzstd(body, bodyBytesMax)
  } catch (cause) {
    if (cause instanceof ZstdTooLarge) throw tooLarge()
    throw new BridgeError('not_json', 'The body is not valid zstd.', { cause })
  }
}

const tooLarge = () => new BridgeError('body_too_large', `The limit is ${bodyBytesMax} bytes.`)

/** Straight from the socket: a web stream in between costs a third of the door's throughput. */
function readIncoming(incoming: IncomingMessage): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    incoming.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= bodyBytesMax) chunks.push(chunk)
      else chunks.length = 0
      if (bytes > discardBytesMax) reject(tooLarge())
    })
    incoming.once('end', () => {
      const only = chunks[0]
      if (bytes > bodyBytesMax) reject(tooLarge())
      else resolve(chunks.length === 1 && only ? only : Buffer.concat(chunks, bytes))
    })
    incoming.once('error', (cause) => {
      reject(new BridgeError('not_json', 'The body was cut off.', { cause }))
    })
  })
}

async function readWeb(c: Context): Promise<Uint8Array> {
  const body = new Uint8Array(await c.req.arrayBuffer())
  if (body.length > bodyBytesMax) throw tooLarge()
  return body
}
