// The bulk worker: late messages, replays, exports, redrives. It never makes live traffic wait: it asks for processors
// last, and for little memory. Threads inherit both, so they are said before there are any.
import { constants, setPriority } from 'node:os'
import { setFlagsFromString } from 'node:v8'
import { runWorker } from './run-worker.ts'

try {
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
} catch {
  // Where that may not be said, live lanes come first by the bulk lanes' own pace alone.
}
// A heap grows by a third at most before it is collected, where it would else grow to several times what is in use.
setFlagsFromString('--optimize-for-size')
await runWorker('bulk-worker', 'causeway-bulk')
