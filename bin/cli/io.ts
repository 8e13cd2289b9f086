/** What the command line has of the world: streams, environment, clock. Tests make one of their own. */
import type { Readable, Writable } from 'node:stream'

export interface Output {
  readonly stream: Writable
  readonly isTty: boolean
  /** Of the terminal; undefined: no terminal, or one that does not say. */
  readonly columns: () => number | undefined
}

export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly stdin: Readable & { isTTY?: boolean; setRawMode?: (mode: boolean) => unknown }
  readonly out: Output
  readonly err: Output
  readonly nowMs: () => number
  readonly uuid: () => string
  /** Aborted by Ctrl-C. */
  readonly interrupted: AbortSignal
}

/** Whoever read our output has gone, as `head` does: nothing is wrong, and there is nothing more to do. */
export class ReaderGone extends Error {
  override name = 'ReaderGone'
}

/** Writes and waits until the stream takes more. Throws `ReaderGone`. */
export async function write({ stream }: Output, text: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const done = (error?: Error | null): void => {
      if (!error) resolve()
      else if (isGone(error)) reject(new ReaderGone('stdout was closed'))
      else reject(error)
    }
    if (stream.destroyed) reject(new ReaderGone('stdout was closed'))
    else stream.write(text, done)
  })
}

const isGone = (error: NodeJS.ErrnoException): boolean =>
  ['EPIPE', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END', 'ECONNRESET'].includes(error.code ?? '')
