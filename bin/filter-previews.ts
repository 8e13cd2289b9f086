/** Previews of filters, each in a thread of its own: the event loop that accepts messages never waits for one. */
import { BridgeError } from '../core/errors.ts'
import type { FilterPreviews, PreviewRequest, PreviewResult } from '../core/preview-ports.ts'
import { startThread } from './threads.ts'

const thread = new URL('./preview-thread.ts', import.meta.url)
/** After this a preview answers with what it has looked at. */
const timeMsMax = 25_000
/** A body of 16 MB is parsed into several times its size; more than this is a fault, and ends the thread alone. */
const heapMbMax = 1_024
/** Those who ask at once are answered one after the other; more than these are told to come again. */
const waitingMax = 8

/** `path` is the database file. */
export function createFilterPreviews(path: string): FilterPreviews {
  let waiting = 0
  let last: Promise<unknown> = Promise.resolve()
  return {
    async preview(request) {
      if (waiting >= waitingMax) throw new BridgeError('store_busy', 'Other previews are still being made.')
      waiting += 1
      const mine = last.then(() => run(path, request))
      last = mine.catch(() => undefined)
      try {
        return await mine
      } finally {
        waiting -= 1
      }
    },
  }
}

function run(path: string, request: PreviewRequest): Promise<PreviewResult> {
  return new Promise((resolve, reject) => {
    const limits = { maxOldGenerationSizeMb: heapMbMax }
    const worker = startThread(thread, { path, request, timeMsMax }, limits)
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', () => reject(new Error('the thread of a preview ended without an answer')))
  })
}
