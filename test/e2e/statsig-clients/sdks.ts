// Statsig's stock SDKs at one job: check a gate, a config, an experiment and a layer, log an event, flush. What they
// log goes where they are pointed; all else they ask of a project on loopback.
import { createRequire } from 'node:module'
import { Statsig as StatsigCore, StatsigUser } from '@statsig/statsig-node-core'
import type { Page } from 'playwright-core'
import { names, type Project } from './project.ts'

export interface SdkJob {
  project: Project
  /** `http://host:port`, of Causeway or of whoever records. */
  logTo: string
  key: string
  user: { userID?: string; customIDs?: Record<string, string>; email?: string }
  event: string
}

/** The part of npm `statsig-node` 6.5.2 that the job uses: its `api` serves everything, so what it logs is turned away. */
interface NodeSdk {
  initialize(key: string, options: object): Promise<unknown>
  checkGateSync(user: object, name: string): boolean
  getConfigSync(user: object, name: string): unknown
  getExperimentSync(user: object, name: string): { get: (name: string, otherwise: string) => unknown }
  getLayerSync(user: object, name: string): { get: (name: string, otherwise: string) => unknown }
  logEvent(user: object, name: string, value: number, metadata: object): void
  flush(): Promise<void>
  shutdownAsync(): Promise<void>
}

/** npm `statsig-node`: one instance a process, since its module is the instance. */
export async function runNode({ project, logTo, key, user, event }: SdkJob): Promise<void> {
  const statsig = createRequire(import.meta.url)('statsig-node') as NodeSdk
  await statsig.initialize(key, {
    ...{
      api: `${logTo}/v1`,
      apiForDownloadConfigSpecs: `${project.url}/v1`,
      apiForGetIdLists: `${project.url}/v1`,
    },
    ...{ environment: { tier: 'staging' }, disableIdListsSync: true, initStrategyForIDLists: 'none' },
  })
  const privately = { ...user, privateAttributes: { salary: 1 } }
  statsig.checkGateSync(privately, names.gate)
  statsig.getConfigSync(privately, names.config)
  statsig.getExperimentSync(privately, names.experiment).get('colour', '')
  statsig.getLayerSync(privately, names.layer).get('colour', '')
  statsig.logEvent(privately, event, 12.5, { sku: 'a1' })
  await statsig.flush()
  await statsig.shutdownAsync()
}

/** npm `@statsig/statsig-node-core`, the server SDK over Rust. */
export async function runNodeCore({ project, logTo, key, user, event }: SdkJob): Promise<void> {
  const statsig = new StatsigCore(key, {
    specsUrl: `${project.url}/v2/download_config_specs`,
    logEventUrl: `${logTo}/v1/log_event`,
    environment: 'staging',
    disableCountryLookup: true,
    outputLogLevel: 'none',
  })
  await statsig.initialize()
  const who = new StatsigUser({ ...user, privateAttributes: { salary: 1 } } as ConstructorParameters<
    typeof StatsigUser
  >[0])
  statsig.checkGate(who, names.gate)
  statsig.getDynamicConfig(who, names.config)
  statsig.getExperiment(who, names.experiment).get('colour', '')
  statsig.getLayer(who, names.layer).get('colour', '')
  statsig.logEvent(who, event, 12.5, { sku: 'a1' })
  await statsig.flushEvents()
  await statsig.shutdown()
}

/** npm `@statsig/js-client` in a page that has loaded it. */
export async function runBrowser(page: Page, { project, logTo, key, user, event }: SdkJob): Promise<void> {
  const job = { api: `${project.url}/v1`, logTo: `${logTo}/v1/rgstr`, key, user, event, names }
  await page.evaluate(
    (said) => (globalThis as unknown as { run: (job: object) => Promise<void> }).run(said),
    job,
  )
}
