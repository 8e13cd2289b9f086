/** The live streams of this process: how many there may be, and their common end. */
import { BridgeError } from '../core/errors.ts'
import type { StreamReader } from './stream-reader.ts'

const readersMax = 100
const beatEveryMs = 15_000
/** Then the reader comes back, with the key that it has by then. */
const lifeMs = 30 * 60_000

export function createStreams(most = readersMax) {
  const open = new Set<StreamReader>()
  return {
    /** Throws `streams_full`. To be asked before a stream is made. */
    assertRoom(): void {
      if (open.size >= most) throw new BridgeError('streams_full', `${most} streams are open.`)
    },
    /** Keeps a stream alive until it ends; then calls `whenOver`. */
    add(stream: StreamReader, whenOver: () => void): void {
      open.add(stream)
      const beat = setInterval(() => stream.beat(), beatEveryMs)
      const life = setTimeout(() => stream.close(), lifeMs)
      stream.whenOver(() => {
        clearInterval(beat)
        clearTimeout(life)
        open.delete(stream)
        whenOver()
      })
    },
    /** Ends all of them: the api is about to end, and a server waits for its answers. */
    closeAll(): void {
      for (const stream of open) stream.close()
    },
    size: () => open.size,
  }
}
export type Streams = ReturnType<typeof createStreams>
