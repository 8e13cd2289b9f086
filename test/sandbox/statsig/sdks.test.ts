// The judges: Statsig's own server SDKs, unchanged, against the sandbox on loopback.
import { Statsig, StatsigUser } from '@statsig/statsig-node-core'
import statsigNode, { type StatsigOptions } from 'statsig-node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { serveSandbox, type RunningSandbox } from '../../../sandbox/serve.ts'
import { at, type SandboxClient } from '../sandbox-client.ts'

const { StatsigServer } = statsigNode.default

const startedAtMs = 1_700_000_000_000
let running: RunningSandbox
let sandbox: SandboxClient

beforeEach(async () => {
  running = await serveSandbox({ port: 0, nowMs: () => startedAtMs })
  sandbox = at(running.origin)
})

afterEach(() => running.close())

interface WireEvent {
  eventName: string
  value?: unknown
  metadata?: unknown
  user?: { userID?: string; customIDs?: Record<string, string>; statsigEnvironment?: { tier: string } }
}

async function ownEvents(): Promise<WireEvent[]> {
  const events = (await sandbox.events()) as WireEvent[]
  return events.filter(({ eventName }) => !eventName.startsWith('statsig::'))
}

async function exposures(): Promise<WireEvent[]> {
  const events = (await sandbox.events()) as WireEvent[]
  return events.filter(({ eventName }) => eventName === 'statsig::gate_exposure')
}

async function statuses() {
  return (await sandbox.requests()).map(({ status }) => status)
}

describe('statsig-node', () => {
  const started: InstanceType<typeof StatsigServer>[] = []

  // An instance of its own each time: the module's own functions keep the first key for ever.
  async function start(key: string, options: StatsigOptions = {}) {
    const statsig = new StatsigServer(key, {
      api: `${running.origin}/v1`,
      apiForDownloadConfigSpecs: `${running.origin}/v1`,
      apiForGetIdLists: `${running.origin}/v1`,
      environment: { tier: 'staging' },
      disableDiagnostics: true,
      postLogsRetryBackoff: 5,
      postLogsRetryLimit: 3,
      ...options,
    })
    started.push(statsig)
    await statsig.initializeAsync()
    return statsig
  }

  afterEach(() => Promise.all(started.splice(0).map((statsig) => statsig.shutdownAsync())))

  it('starts, logs events in gzip and sends them once', async () => {
    const statsig = await start('secret-node6')
    const user = { userID: 'u1', customIDs: { segmentAnonymousId: 'a1' } }
    for (let index = 0; index < 25; index += 1) statsig.logEvent(user, 'bought', index, { sku: `s${index}` })
    await statsig.flush()
    expect(await ownEvents()).toHaveLength(25)
    expect((await ownEvents())[3]).toMatchObject({
      eventName: 'bought',
      value: 3,
      metadata: { sku: 's3' },
      user: { ...user, statsigEnvironment: { tier: 'staging' } },
    })
    expect(await sandbox.requests()).toMatchObject([
      {
        status: 202,
        keyKind: 'secret',
        headers: { 'content-encoding': 'gzip', 'statsig-sdk-type': 'statsig-node' },
        envelope: { statsigMetadata: { sdkType: 'statsig-node' } },
      },
    ])
  })

  it('logs the exposure of a gate that the empty project does not know', async () => {
    const statsig = await start('secret-node6')
    expect(statsig.checkGate({ userID: 'u1' }, 'no_such_gate')).toBe(false)
    await statsig.flush()
    expect(await exposures()).toMatchObject([
      { metadata: { gate: 'no_such_gate', reason: 'Unrecognized', configSyncTime: startedAtMs } },
    ])
  })

  it('tries again after a 503, after a cut connection and after a 401, and the events arrive once', async () => {
    const statsig = await start('secret-node6')
    await sandbox.addFault({ target: 'statsig.log_event', status: 503, times: 1 })
    await sandbox.addFault({ target: 'statsig.log_event', hangUp: true, times: 1 })
    await sandbox.addFault({ target: 'statsig.log_event', status: 401, times: 1 })
    statsig.logEvent({ userID: 'u1' }, 'insisted')
    await statsig.flush()
    await expect.poll(statuses, { timeout: 10_000 }).toEqual([503, null, 401, 202])
    expect(await ownEvents()).toMatchObject([{ eventName: 'insisted' }])
  })

  it('gets 401 with a revoked key', async () => {
    const bootstrapValues = JSON.stringify({
      has_updates: true,
      time: 1,
      feature_gates: [],
      dynamic_configs: [],
      layer_configs: [],
    })
    const offlineStart = {
      bootstrapValues,
      disableRulesetsSync: true,
      initStrategyForIDLists: 'none' as const,
    }
    const statsig = await start('secret-revoked', { ...offlineStart, postLogsRetryLimit: 0 })
    statsig.logEvent({ userID: 'u1' }, 'never')
    await statsig.flush()
    expect(await statuses()).toEqual([401])
    expect(await sandbox.events()).toEqual([])
  })
})

describe('statsig-node-core', () => {
  async function start(key: string): Promise<Statsig> {
    const statsig = new Statsig(key, {
      specsUrl: `${running.origin}/v2/download_config_specs`,
      logEventUrl: `${running.origin}/v1/log_event`,
      idListsUrl: `${running.origin}/v1/get_id_lists`,
      enableIdLists: true,
      environment: 'staging',
      disableCountryLookup: true,
      outputLogLevel: 'none',
    })
    await statsig.initialize()
    return statsig
  }

  it('starts, logs events in zstd and sends them once', async () => {
    const statsig = await start('secret-core')
    const user = new StatsigUser({ userID: 'u1', customIDs: { segmentAnonymousId: 'a1' } })
    for (let index = 0; index < 25; index += 1) statsig.logEvent(user, 'bought', index, { sku: `s${index}` })
    await statsig.shutdown()
    expect(await ownEvents()).toHaveLength(25)
    expect((await ownEvents())[3]).toMatchObject({
      eventName: 'bought',
      value: 3,
      metadata: { sku: 's3' },
      user: {
        userID: 'u1',
        customIDs: { segmentAnonymousId: 'a1' },
        statsigEnvironment: { tier: 'staging' },
      },
    })
    const [request, ...others] = await sandbox.requests()
    expect(others).toEqual([])
    expect(request).toMatchObject({
      status: 202,
      keyKind: 'secret',
      headers: { 'content-encoding': 'zstd', 'statsig-sdk-type': 'statsig-server-core-node' },
      envelope: { statsigMetadata: { sdkType: 'statsig-server-core-node' } },
    })
  })

  it('logs the exposure of a gate that the empty project does not know', async () => {
    const statsig = await start('secret-core')
    expect(statsig.checkGate(new StatsigUser({ userID: 'u1' }), 'no_such_gate')).toBe(false)
    await statsig.shutdown()
    expect(await exposures()).toMatchObject([
      { metadata: { gate: 'no_such_gate', reason: 'Network:Unrecognized' } },
    ])
  })

  it('keeps a batch that met a 503, and sends it again', async () => {
    const statsig = await start('secret-core')
    await sandbox.addFault({ target: 'statsig.log_event', status: 503, times: 1 })
    statsig.logEvent(new StatsigUser({ userID: 'u1' }), 'insisted')
    await statsig.flushEvents()
    expect(await statuses()).toEqual([503])
    await statsig.shutdown()
    expect(await statuses()).toEqual([503, 202])
    expect(await ownEvents()).toMatchObject([{ eventName: 'insisted' }])
  })

  it('gets 401 with a revoked key', async () => {
    const statsig = await start('secret-revoked')
    statsig.logEvent(new StatsigUser({ userID: 'u1' }), 'never')
    await statsig.shutdown()
    expect(new Set(await statuses())).toEqual(new Set([401]))
    expect(await sandbox.events()).toEqual([])
  })
})
