/** Threads of a process, each with a TypeScript module of ours. */
import { Worker, type ResourceLimits } from 'node:worker_threads'

const entry = new URL('./thread.js', import.meta.url)

/** Starts `module`, an URL below bin/; `data` stands beside it in the thread's `workerData`. */
export function startThread(module: URL, data: object, resourceLimits?: ResourceLimits): Worker {
  const options = resourceLimits === undefined ? {} : { resourceLimits }
  return new Worker(entry, { workerData: { ...data, module: module.href }, ...options })
}
