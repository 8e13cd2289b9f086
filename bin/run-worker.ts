/** A worker process: connects to Temporal, registers what must be there, runs its queues until it is told to stop. */
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, Connection as ClientConnection } from '@temporalio/client'
import { NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker'
import { createActivities } from '../activities/index.ts'
import { createKeepGrants } from '../activities/keep-grants.ts'
import { createStatsigHandler } from '../activities/statsig-handler.ts'
import { createWatch } from '../activities/watch.ts'
import { outboundHandlers } from './outbound-handlers.ts'
import { createStatsigEvents } from '../clients/statsig-events.ts'
import { createWorkflowRuns } from '../clients/temporal-runs.ts'
import type { Log, Store, WorkflowRuns } from '../core/ports.ts'
import { alertSender } from './alert-parts.ts'
import { audienceParts } from './audience-parts.ts'
import { systemClock as clock } from './clock.ts'
import { fillersOf } from './job-parts.ts'
import { loadConfig, type LoadedConfig } from './load-config.ts'
import { createLog } from './log.ts'
import { openConfiguredStore, takeUpEveryMs, tellUnknownKeys } from './open-store.ts'
import { onProcessEnd } from './process-life.ts'
import { workflowBundle } from './workflow-bundle.ts'
import { setupParts } from './setup-parts.ts'
import { lookAfterTemporal, prepareTemporal, type UpkeepOptions } from './temporal-upkeep.ts'

const beatEveryMs = 5_000
/** Bulk work goes through its lanes once: what it has read it seldom reads again. */
const bulkCacheMb = 16
const workflowsPath = fileURLToPath(new URL('../workflows/index.ts', import.meta.url))

/** Runs the queues under a name; the name is what readiness looks for. */
export async function runWorker(name: 'worker' | 'bulk-worker', taskQueue: string): Promise<void> {
  const config = await loadConfig()
  const log = createLog(name, config.logLevel)
  const store = await openConfiguredStore(config, name === 'bulk-worker' ? { cacheMb: bulkCacheMb } : {})
  await tellUnknownKeys(store, log)
  const keySweep = setInterval(() => void store.masterKeys.takeUp().catch(() => undefined), takeUpEveryMs)
  // Signals are ours: the SDK's own handlers would shut the worker down in the middle of the launcher's order.
  Runtime.install({ shutdownSignals: [], logger: quietLogger(log) })
  const held: { worker?: Worker } = {}
  let stopping = false
  let ended = Promise.resolve()
  const life = onProcessEnd(async () => {
    stopping = true
    if (held.worker?.getState() === 'RUNNING') held.worker.shutdown()
    await ended
    clearInterval(keySweep)
    await store.close()
  })
  const upkeep = { namespace: config.temporalNamespace, withSchedules: taskQueue === 'causeway-bulk', log }
  const connections = await connectPatiently(config, upkeep, () => stopping)
  if (connections === undefined) return
  const { connection, client } = connections
  const temporal = new Client({ connection: client, namespace: config.temporalNamespace })
  const runs = createWorkflowRuns({ client: () => temporal, clock, publicUrl: config.publicUrl })
  const worker = await Worker.create({
    connection,
    namespace: config.temporalNamespace,
    taskQueue,
    ...(await workflows(config, log)),
    ...workerOptions(config, store, log, runs),
  })
  held.worker = worker
  const beat = setInterval(
    () => void store.processes.beat(name, clock.nowMs()).catch(() => undefined),
    beatEveryMs,
  )
  await store.processes.beat(name, clock.nowMs())
  life.ready()
  log.info({ event: 'worker.running', taskQueue }, 'worker.running')
  const endUpkeep = lookAfterTemporal(client, upkeep)
  ended = worker.run().finally(async () => {
    clearInterval(beat)
    await endUpkeep()
  })
  await ended
}

function workerOptions(
  config: LoadedConfig,
  store: Store,
  log: Log,
  runs: WorkflowRuns,
): Partial<WorkerOptions> {
  const { statsigEventsUrl, statsigConsoleUrl, tooOldAfterMs, retentionDays } = config
  const { connections, lanes, retention, erasures, alerts, catalogue, jobs } = store
  const statsigEvents = createStatsigEvents({ eventsUrl: statsigEventsUrl, clock })
  const statsig = createStatsigHandler({ ...{ connections, tooOldAfterMs }, statsig: statsigEvents })
  const wayBack = outboundHandlers(connections, statsigEvents, config, log)
  const watch = createWatch(() => lanes.version())
  const audiences = audienceParts(store, runs, statsigConsoleUrl)
  const setup = setupParts(config, store, runs, log)
  const handlers = { events: statsig, late: statsig, audiences: audiences.handler, ...wayBack }
  return {
    activities: createActivities({
      ...{ connections, lanes, handlers, watch, clock, log },
      ...{ retention, retentionDays, erasures, jobs },
      ...audiences.deps,
      ...{ alerts, alertSender: alertSender(config) },
      purges: [
        (nowMs) => catalogue.purge(nowMs),
        (nowMs) => store.outbound.purge(nowMs),
        (nowMs) => alerts.purge(nowMs - retentionDays * 86_400_000),
        (nowMs) => jobs.purge(nowMs - retentionDays * 86_400_000),
      ],
      fillers: fillersOf(store, config),
      ...{ setup, keepGrants: createKeepGrants(setup) },
    }),
    // Cancellation arrives with a heartbeat: with the default throttle it takes most of the heartbeat timeout.
    maxHeartbeatThrottleInterval: '500ms',
    // A drain lives as long as its lane is awake; each needs a slot.
    maxConcurrentActivityTaskExecutions: 1_000,
  }
}

/** The bundle from the cache; where there can be none, the worker bundles for itself. */
async function workflows({ cacheDir }: LoadedConfig, log: Log): Promise<Partial<WorkerOptions>> {
  try {
    return { workflowBundle: { codePath: await workflowBundle(cacheDir) } }
  } catch (error) {
    log.warn({ event: 'worker.no_bundle', cacheDir, error: String(error) }, 'worker.no_bundle')
    return { workflowsPath }
  }
}

/** Temporal may come up after us, or be gone for hours: the process waits for it. */
async function connectPatiently(
  { temporalAddress: address }: LoadedConfig,
  upkeep: UpkeepOptions,
  isStopping: () => boolean,
): Promise<{ connection: NativeConnection; client: ClientConnection } | undefined> {
  while (!isStopping()) {
    const client = ClientConnection.lazy({ address })
    try {
      await prepareTemporal(client, upkeep)
      return { client, connection: await NativeConnection.connect({ address }) }
    } catch (error) {
      await client.close()
      upkeep.log.warn(
        { event: 'temporal.unreachable', address, error: String(error) },
        'temporal.unreachable',
      )
      await sleep(1_000)
    }
  }
  return undefined
}

/** The SDK's log lines in our log, as fields. */
function quietLogger(log: Log) {
  const write = (level: 'info' | 'warn' | 'error') => (message: string, meta?: object) =>
    log[level]({ event: 'temporal.sdk', ...meta }, message)
  return {
    log: (level: string, message: string, meta?: object) =>
      write(level === 'ERROR' ? 'error' : level === 'WARN' ? 'warn' : 'info')(message, meta),
    trace: () => undefined,
    debug: () => undefined,
    info: () => undefined,
    warn: write('warn'),
    error: write('error'),
  }
}
