// The bulk worker: late messages, and later replays, exports and redrives. It never makes live traffic wait.
import { runWorker } from './run-worker.ts'

await runWorker('bulk-worker', 'causeway-bulk')
