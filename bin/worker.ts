// The live worker: lanes that people wait for.
import { runWorker } from './run-worker.ts'

await runWorker('worker', 'causeway-live')
