// The entry of every worker thread: a thread does not inherit the loader that runs TypeScript as it is (Node 20), so it
// is registered here before the module in `workerData.module` is imported.
import { workerData } from 'node:worker_threads'
import { register } from 'tsx/esm/api'

register()
await import(workerData.module)
