// The thread in which a worker reads archives (bin/archive-reader.ts): it unpacks, cuts, parses and decides lines, and
// hands them over in steps, a few ahead of those that are asked for.
import { parentPort, workerData } from 'node:worker_threads'
import { createChunkReader } from '../activities/archive-chunks.ts'
import { createStatsigDecide } from '../activities/statsig-handler.ts'
import { createArchives } from '../clients/archives.ts'
import { BridgeError } from '../core/errors.ts'
import type { ArchiveThreadData, FromThread, ToThread } from './archive-reader.ts'

const { places, tooOldAfterMs, stepsAhead } = workerData as ArchiveThreadData
const read = createChunkReader(createArchives(places), createStatsigDecide({ tooOldAfterMs }))

interface Reading {
  abort: AbortController
  credit: number
  /** Ends the wait for credit. */
  go: () => void
}
const readings = new Map<number, Reading>()
const post = (message: FromThread, transfer: ArrayBuffer[] = []) => parentPort?.postMessage(message, transfer)

async function run(id: number, request: Parameters<typeof read>[0]): Promise<void> {
  const reading: Reading = { abort: new AbortController(), credit: stepsAhead, go: () => undefined }
  readings.set(id, reading)
  const { signal } = reading.abort
  try {
    for await (const step of read(request, signal)) {
      while (reading.credit <= 0 && !signal.aborted)
        await new Promise<void>((resolve) => (reading.go = resolve))
      if (signal.aborted) return
      reading.credit -= 1
      const body = step.filling.bodies?.[0]?.body
      // A small buffer is a view of memory that others use: it is copied.
      const own =
        body?.byteLength === body?.buffer.byteLength ? (body?.buffer as ArrayBuffer | undefined) : undefined
      post({ id, step }, own ? [own] : [])
    }
    post({ id, end: true })
  } catch (error) {
    const code = error instanceof BridgeError ? error.code : undefined
    post({ id, fault: { code, message: error instanceof Error ? error.message : 'unknown fault' } })
  } finally {
    readings.delete(id)
  }
}

parentPort?.on('message', ({ id, request, more, stop }: ToThread) => {
  if (request) void run(id, request)
  const reading = readings.get(id)
  if (stop) reading?.abort.abort()
  if (more && reading) reading.credit += 1
  reading?.go()
})
