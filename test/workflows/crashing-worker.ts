// A worker in a process of its own that is killed in the middle of a step, of many set-ups at once: when each of them has
// come to its step, the process ends itself by SIGKILL. `crashing-worker.ts <file with a CrashPlan as JSON>`.
import { readFileSync } from 'node:fs'
import { NativeConnection, Worker } from '@temporalio/worker'
import { createDisconnect } from '../../activities/disconnect.ts'
import { createSetUp } from '../../activities/set-up.ts'
import { createSecretBox } from '../../db/secret-box.ts'
import { openStore } from '../../db/store.ts'
import { setUpDepsAt, type Step } from './set-up-deps.ts'

export interface CrashPlan {
  address: string
  codePath: string
  databasePath: string
  taskQueue: string
  origins: Record<string, string>
  publicUrl: string
  crashes: Record<string, { step: Step; when: 'before' | 'after' }>
}

const plan = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as CrashPlan
const { address, codePath, databasePath, taskQueue, origins, publicUrl, crashes } = plan
const store = openStore(databasePath, createSecretBox(Buffer.alloc(32, 7)))
const arrived = new Set<string>()

/** Never comes back; the last one takes the process with it. */
function arrive(connectionId: string): Promise<never> {
  arrived.add(connectionId)
  process.stdout.write(`${connectionId}\n`)
  if (arrived.size === Object.keys(crashes).length) process.kill(process.pid, 'SIGKILL')
  return new Promise(() => undefined)
}

const deps = setUpDepsAt({
  ...{ store, origins, publicUrl },
  async around(connectionId, step, work) {
    const crash = crashes[connectionId]
    if (crash?.step !== step) return work()
    if (crash.when === 'after') await work()
    return arrive(connectionId)
  },
})
const worker = await Worker.create({
  connection: await NativeConnection.connect({ address }),
  ...{ taskQueue, workflowBundle: { codePath }, maxHeartbeatThrottleInterval: '500ms' },
  activities: { ...createSetUp(deps), ...createDisconnect(deps) },
})
await worker.run()
