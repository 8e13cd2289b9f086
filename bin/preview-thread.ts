// The thread of one preview (bin/filter-previews.ts): reads, judges, answers, ends.
import { parentPort, workerData } from 'node:worker_threads'
import type { PreviewRequest } from '../core/preview-ports.ts'
import { previewFilters } from '../db/preview.ts'

const { path, request, timeMsMax } = workerData as {
  path: string
  request: PreviewRequest
  timeMsMax: number
}
const startedMs = performance.now()
parentPort?.postMessage(previewFilters(path, request, () => performance.now() - startedMs > timeMsMax))
