/**
 * The Inbox in a thread of its own. A commit waits for the disk, and so would every request that is just being read:
 * this way reading, parsing and writing overlap (decision 0014 has the figures). Bodies are handed over, not copied.
 */
import type { Worker } from 'node:worker_threads'
import { BridgeError, type ErrorCode } from '../core/errors.ts'
import type { LaneName } from '../core/lanes.ts'
import type { AcceptedRequest, Inbox } from '../core/ports.ts'

export interface Append {
  n: number
  request: AcceptedRequest
}
export type Answer =
  { n: number; asleep: LaneName[] } | { n: number; error: { code?: ErrorCode; detail: string } }

interface Waiting {
  resolve: (answer: { asleep: LaneName[] }) => void
  reject: (error: unknown) => void
}

export interface ThreadedInbox extends Inbox {
  /** Resolves when the thread has opened the database; rejects when it cannot. */
  ready(): Promise<void>
  /** To be called when nothing is waiting any more. */
  close(): Promise<void>
}

/** A thread that dies takes with it what it had not answered: those fail with `store_failed`, and the next append starts another. */
export function createThreadedInbox(startThread: () => Worker): ThreadedInbox {
  const waiting = new Map<number, Waiting>()
  let queued: Append[] = []
  let made = 0
  let thread: Thread | undefined

  function running(): Thread {
    thread ??= openThread(startThread, {
      answered: (answer) => settle(waiting, answer),
      ended(ended, cause) {
        if (thread !== ended) return
        thread = undefined
        for (const { reject } of waiting.values()) reject(gone(cause))
        waiting.clear()
      },
    })
    return thread
  }

  function flush(): void {
    const bodies = queued.map(({ request }) => request.body.buffer as ArrayBuffer)
    running().worker.postMessage(queued, bodies)
    queued = []
  }

  return {
    append(request) {
      return new Promise((resolve, reject) => {
        const n = ++made
        waiting.set(n, { resolve, reject })
        // What arrived in this turn of the event loop goes over in one message.
        if (queued.push({ n, request: { ...request, body: owned(request.body) } }) === 1) setImmediate(flush)
      })
    },
    ready: () => running().opened,
    async close() {
      if (!thread) return
      const { worker } = thread
      const ended = new Promise((resolve) => worker.once('exit', resolve))
      worker.postMessage('close')
      await ended
    },
  }
}

interface Thread {
  worker: Worker
  opened: Promise<void>
}

const gone = (cause?: unknown) => new BridgeError('store_failed', 'the writing thread has ended', { cause })

function openThread(
  startThread: () => Worker,
  tell: { answered: (answer: Answer) => void; ended: (thread: Thread, cause: unknown) => void },
): Thread {
  const worker = startThread()
  const opened = new Promise<void>((resolve, reject) => {
    worker.once('message', () => resolve())
    worker.once('error', reject)
    worker.once('exit', () => reject(gone()))
  })
  opened.catch(() => undefined)
  const thread = { worker, opened }
  worker.on('message', (answers: Answer[] | 'ready') => {
    if (answers !== 'ready') answers.forEach(tell.answered)
  })
  worker.on('error', (error) => tell.ended(thread, error))
  worker.on('exit', () => tell.ended(thread, undefined))
  return thread
}

function settle(waiting: Map<number, Waiting>, answer: Answer): void {
  const one = waiting.get(answer.n)
  waiting.delete(answer.n)
  if ('asleep' in answer) one?.resolve({ asleep: answer.asleep })
  else {
    const { code, detail } = answer.error
    one?.reject(code === undefined ? new Error(detail) : new BridgeError(code, detail))
  }
}

/** A body that shares its memory with others is copied: memory that is handed over is gone for everybody here. */
function owned(body: Uint8Array): Uint8Array {
  return body.byteLength === body.buffer.byteLength ? body : Uint8Array.prototype.slice.call(body)
}
