// A bulk worker without Temporal, to be killed: fills and drains the lane of one replay until it has ended.
// Arguments: the database file, the folder of archives, the sandbox, the replay.
import { MockActivityEnvironment } from '@temporalio/testing'
import { createArchiveFiller } from '../../activities/archive-filler.ts'
import { createDrain, type DrainInput, type DrainResult } from '../../activities/drain.ts'
import { createFillJob, type FillResult, type JobInput } from '../../activities/fill-job.ts'
import { createParsedBodies } from '../../activities/parsed-bodies.ts'
import { createStatsigHandler } from '../../activities/statsig-handler.ts'
import { createStoreFiller } from '../../activities/store-filler.ts'
import { createWatch } from '../../activities/watch.ts'
import { createFolderArchives } from '../../clients/archive-folder.ts'
import { createStatsigEvents } from '../../clients/statsig-events.ts'
import { createSecretBox } from '../../db/secret-box.ts'
import { openStore } from '../../db/store.ts'

const [path = '', root = '', sandboxUrl = '', jobId = ''] = process.argv.slice(2)
const store = openStore(path, createSecretBox(Buffer.alloc(32, 7)))
const { connections, lanes, jobs, erasures } = store
const clock = { nowMs: () => Date.now() }
const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
const parsed = createParsedBodies()
const statsig = createStatsigEvents({ eventsUrl: `${sandboxUrl}/v1`, clock })
const handler = createStatsigHandler({ connections, statsig, tooOldAfterMs: 7 * 86_400_000 })
const archives = createFolderArchives([root])
const fillers = { store: createStoreFiller(store), archive: createArchiveFiller({ jobs, archives }) }
const fillJob = createFillJob({ ...{ jobs, clock, log, fillers, parsed }, fillTiming: { pollMs: 5 } })
const watch = createWatch(() => lanes.version())
const drain = createDrain({
  ...{ connections, lanes, erasures, jobs, watch, clock, log, parsed },
  handlers: { events: handler },
})

const job = await jobs.get(jobId)
if (!job) throw new Error(`no job ${jobId}`)
const { connectionId, lane } = job
await Promise.all([
  new MockActivityEnvironment().run<[JobInput], FillResult, typeof fillJob>(fillJob, { jobId }),
  new MockActivityEnvironment().run<[DrainInput], DrainResult, typeof drain>(drain, { connectionId, lane }),
])
await store.close()
process.exit(0)
