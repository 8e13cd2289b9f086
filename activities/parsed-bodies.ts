/**
 * What a filler of this process has read and appended, for the drain beside it, which would parse and map it again. A
 * memory and nothing more: whatever is not in it, after a restart or behind its bound, is read from the store.
 */
import type { DecidedChunk } from './decided-chunk.ts'

export interface ParsedBody {
  /** Absent where what the mapping said of them is there instead. */
  items?: readonly unknown[]
  decided?: DecidedChunk
  /** Length of the body. */
  bytes: number
}

/** Of text: about as far as a filler may be ahead. Parsed, it takes some three times as much. */
const heldBytesMax = 8 * 1024 * 1024

export interface ParsedBodies {
  put(requestId: number, body: ParsedBody): void
  /** The body, which is then forgotten: a drain holds on to the one that it reads. */
  take(requestId: number): ParsedBody | undefined
}

export function createParsedBodies(): ParsedBodies {
  const held = new Map<number, ParsedBody>()
  let heldBytes = 0
  const forget = (requestId: number, { bytes }: ParsedBody) => {
    held.delete(requestId)
    heldBytes -= bytes
  }
  return {
    put(requestId, body) {
      held.set(requestId, body)
      heldBytes += body.bytes
      for (const [oldest, first] of held) {
        if (heldBytes <= heldBytesMax) return
        forget(oldest, first)
      }
    },
    take(requestId) {
      const body = held.get(requestId)
      if (body) forget(requestId, body)
      return body
    },
  }
}
