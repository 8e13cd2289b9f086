/**
 * Archives are read and their lines decided in a thread: that is as much work as everything else of a replay, and the
 * event loop of the worker is the drain's. The thread is started with the first archive, and again where it died.
 */
import type { Worker } from 'node:worker_threads'
import type { ChunkReader, ChunkRequest } from '../activities/archive-chunks.ts'
import type { FillStep } from '../activities/fillers.ts'
import type { createArchives } from '../clients/archives.ts'
import { BridgeError, type ErrorCode } from '../core/errors.ts'
import { startThread } from './threads.ts'

export interface ArchiveThreadData {
  places: Parameters<typeof createArchives>[0]
  tooOldAfterMs: number
  /** Steps that are handed over before they are asked for. */
  stepsAhead: number
}

export interface ToThread {
  id: number
  request?: ChunkRequest
  more?: true
  stop?: true
}
export type FromThread = { id: number } & (
  { step: FillStep } | { end: true } | { fault: { code: ErrorCode | undefined; message: string } }
)

const thread = new URL('./archive-thread.ts', import.meta.url)
const stepsAhead = 2
/** Lines are dropped as soon as they are decided; a young generation of this size holds a few chunks of them. */
const limits = { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 96 }

export function createArchiveReader(data: Omit<ArchiveThreadData, 'stepsAhead'>): ChunkReader {
  let worker: Worker | undefined
  let last = 0
  const open = new Map<number, Inbox>()

  function startWorker(): Worker {
    const started = startThread(thread, { ...data, stepsAhead }, limits)
    const died = (error: unknown) => {
      if (worker === started) worker = undefined
      for (const inbox of open.values()) inbox.fail(error)
    }
    started.on('message', (message: FromThread) => open.get(message.id)?.put(message))
    started.on('error', died)
    started.on('exit', (code) => died(new Error(`the thread of the archives ended with ${code}`)))
    // A process that is done does not wait for it.
    started.unref()
    return started
  }

  return async function* (request, signal) {
    worker ??= startWorker()
    const on = worker
    last += 1
    const id = last
    const inbox = new Inbox()
    open.set(id, inbox)
    const post = (message: ToThread) => on.postMessage(message)
    const abort = () => inbox.fail(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    try {
      post({ id, request })
      for (;;) {
        const message = await inbox.next()
        if ('end' in message) return
        if ('fault' in message) throw faultOf(message.fault)
        post({ id, more: true })
        yield withBuffer(message.step)
      }
    } finally {
      signal.removeEventListener('abort', abort)
      open.delete(id)
      post({ id, stop: true })
    }
  }
}

function faultOf({ code, message }: { code: ErrorCode | undefined; message: string }): Error {
  return code === undefined ? new Error(message) : new BridgeError(code, message)
}

/** Between threads a Buffer arrives as a plain array of bytes. */
function withBuffer(step: FillStep): FillStep {
  const bodies = step.filling.bodies?.map((each) => ({
    ...each,
    body: Buffer.from(each.body.buffer, each.body.byteOffset, each.body.byteLength),
  }))
  return bodies ? { ...step, filling: { ...step.filling, bodies } } : step
}

/** What the thread said and nobody has read yet. */
class Inbox {
  private readonly waiting: FromThread[] = []
  private fault: { error: unknown } | undefined
  private wake: () => void = () => undefined

  put(message: FromThread): void {
    this.waiting.push(message)
    this.wake()
  }

  fail(error: unknown): void {
    this.fault = { error }
    this.wake()
  }

  async next(): Promise<FromThread> {
    for (;;) {
      if (this.fault) throw this.fault.error
      const message = this.waiting.shift()
      if (message) return message
      await new Promise<void>((resolve) => (this.wake = resolve))
    }
  }
}
