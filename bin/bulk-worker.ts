// The bulk worker: late messages, replays, exports, redrives. It never makes live traffic wait: it asks for processors
// last. Threads inherit that, so it is said before there are any.
import { constants, setPriority } from 'node:os'
import { runWorker } from './run-worker.ts'

try {
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
} catch {
  // Where that may not be said, live lanes come first by the bulk lanes' own pace alone.
}
await runWorker('bulk-worker', 'causeway-bulk')
