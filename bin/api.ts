// The api process: ingest, control plane, the sweep that wakes forsaken lanes.
import { createHash } from 'node:crypto'
import { BlockList, isIP } from 'node:net'
import { serve } from '@hono/node-server'
import { createApp } from '../api/app.ts'
import { createAlertWatch } from '../api/alert-watch.ts'
import { createErasureStarter } from '../api/erasures.ts'
import { createIdTypes } from '../api/id-types.ts'
import { createStreams } from '../api/streams.ts'
import { createWaker } from '../api/waker.ts'
import { createStatsigConsole } from '../clients/statsig-console.ts'
import { createStatsigExperiments } from '../clients/statsig-experiments.ts'
import { createAudienceSyncs } from '../clients/temporal-audiences.ts'
import { createLaneStarter } from '../clients/temporal-lanes.ts'
import { createWorkflowRuns } from '../clients/temporal-runs.ts'
import { alertSender, eventSenders } from './alert-parts.ts'
import { randomIds, systemClock as clock } from './clock.ts'
import { watchDisk } from './disk.ts'
import { consoleFolder } from './console-files.ts'
import { createFilterPreviews } from './filter-previews.ts'
import { archivesOf } from './job-parts.ts'
import { loadConfig, type LoadedConfig } from './load-config.ts'
import { createLog } from './log.ts'
import { takeUpEveryMs, tellUnknownKeys } from './open-store.ts'
import { onProcessEnd } from './process-life.ts'
import { configuredOauth } from './setup-parts.ts'
import { connectInBackground } from './temporal-client.ts'
import { openThreadedStore } from './threaded-store.ts'

const config = await loadConfig()
const log = createLog('api', config.logLevel)
const store = await openThreadedStore(config)
await tellUnknownKeys(store, log)
const temporal = connectInBackground(config, log)
const starter = createLaneStarter({ client: temporal.client, clock, publicUrl: config.publicUrl })
const runs = createWorkflowRuns({ client: temporal.client, clock, publicUrl: config.publicUrl })
const erasureStarter = createErasureStarter({ erasures: store.erasures, runs, log })
const waker = createWaker({ lanes: store.lanes, starter, clock, log })
const idTypes = createIdTypes({
  ...{ connections: store.connections, clock },
  statsig: createStatsigConsole({ consoleUrl: config.statsigConsoleUrl }),
})
const alertWatch = createAlertWatch({ store, runs, clock, ids: randomIds, log, owner: randomIds.secret() })
const alerts = alertSender(config)
const disk = watchDisk(config.databasePath)
const streams = createStreams()
const app = createApp({
  ...{
    store,
    starter,
    runs,
    waker,
    erasureStarter,
    audienceSyncs: createAudienceSyncs({ runs, clock }),
    idTypes,
    experiments: createStatsigExperiments({ consoleUrl: config.statsigConsoleUrl, clock, log }),
    filterPreviews: createFilterPreviews(config.databasePath),
    archives: archivesOf(config),
    senders: eventSenders(config),
    alertWatch,
    alertUrlFault: (url: string) => alerts.faultOf(url),
    segmentOauth: configuredOauth(config),
    clock,
    ids: randomIds,
    log,
    isDiskFull: disk.isFull,
  },
  ...(config.vendors === 'sandbox' ? { probeSandbox: () => answers(config) } : {}),
  consoleFolder: await consoleFolder(),
  streams,
  trustedProxies: blockList(config.trustedProxies),
  config: {
    apiKeyHash: createHash('sha256').update(config.apiKey.reveal()).digest(),
    lateAfterMs: config.lateAfterMs,
    tooOldAfterMs: config.tooOldAfterMs,
    retentionDays: config.retentionDays,
    publicUrl: config.publicUrl,
    metricsNeedKey: !isLoopback(config.host),
    segmentApiUrl: config.segmentApiUrl,
    temporalUi: { url: config.temporalUiUrl, namespace: config.temporalNamespace },
  },
})

const server = serve({ fetch: app.fetch, port: config.port, hostname: config.host }, () => {
  log.info(
    { event: 'api.listening', host: config.host, port: config.port, vendors: config.vendors },
    'api.listening',
  )
  life.ready()
})
server.on('error', (error) => {
  log.error({ event: 'api.cannot_listen', error }, 'api.cannot_listen')
  process.exit(1)
})
const sweep = setInterval(
  () => void waker.sweep().catch((error: unknown) => log.warn({ error }, 'sweep failed')),
  1_000,
)

const erasureSweep = setInterval(() => void erasureStarter.sweep().catch(() => undefined), 5_000)

const alertSweep = setInterval(() => void alertWatch.look(), 5_000)

// A rotation of the master key waits until every process that runs has taken the new one up.
const keySweep = setInterval(() => void store.masterKeys.takeUp().catch(() => undefined), takeUpEveryMs)

const life = onProcessEnd(async () => {
  clearInterval(sweep)
  clearInterval(erasureSweep)
  clearInterval(alertSweep)
  clearInterval(keySweep)
  disk.stop()
  streams.closeAll()
  // What has been received is answered first; idle keep-alive connections are not waited for.
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
    if ('closeIdleConnections' in server) server.closeIdleConnections()
    setTimeout(resolve, 3_000).unref()
  })
  await temporal.close()
  await store.close()
})

function blockList(proxies: readonly string[]): BlockList {
  const list = new BlockList()
  for (const proxy of proxies) {
    const [address = '', bits] = proxy.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  return list
}

/** Whether only this machine can reach an address that we listen on. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}

async function answers({ sandboxPort }: LoadedConfig): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${sandboxPort}/healthz`, { signal: AbortSignal.timeout(1_000) })).ok
  } catch {
    return false
  }
}
