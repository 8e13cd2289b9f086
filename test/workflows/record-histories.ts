// Records one history for each way a workflow can end, on a real dev server: `npm run record:histories`.
// Files that exist are kept: a recorded history is never replaced, since that is what it is for.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'
import { TestWorkflowEnvironment } from '@temporalio/testing'
import { readConfig } from '../../bin/load-config.ts'
import { registerSearchAttributes } from '../../bin/search-attributes.ts'
import { temporalBinary } from '../../bin/temporal-binary.ts'
import { BridgeError } from '../../core/errors.ts'
import type { JobKind, JobSpec } from '../../core/jobs.ts'
import type { SetupKind } from '../../core/setup.ts'
import { membership } from '../support/audiences.ts'
import { deliverProof, ScriptedSegment } from '../support/segment.ts'
import { connectionId, createWorld, startMs, users, type World } from '../support/world.ts'
import { jobOf, makeJob, startJob } from './job-support.ts'
import { bundle, quiet, taskQueue, until, wake, workerOf } from './support.ts'

const sdkVersion = '1.24.0'
const folder = fileURLToPath(new URL('./histories', import.meta.url))

/** Answers the id of the workflow to be recorded, where that is not the lane's. */
type Scenario = (world: World, environment: TestWorkflowEnvironment) => Promise<unknown>

const isAsleep = (world: World) => async () => {
  const { state, pending } = await world.lane()
  return state === 'asleep' && pending === 0
}
const stateIs = (world: World, state: string) => async () => (await world.lane()).state === state

/** Nothing is old enough in a world whose clock stands still; what a run says and asks is the same. */
async function runHousekeeping(world: World, { client }: TestWorkflowEnvironment): Promise<string> {
  await world.append(users(3))
  const workflowId = 'housekeeping'
  await client.workflow.execute('housekeeping', { workflowId, taskQueue, args: [] })
  return workflowId
}

async function runErasure(world: World, { client }: TestWorkflowEnvironment): Promise<string> {
  await world.append(users(3))
  await world.store.erasures.create({
    ...{ id: 'era_1', connectionId, person: { userId: 'user-1' }, origin: 'call', nowMs: startMs },
  })
  const workflowId = 'erasure:era_1'
  await client.workflow.execute('erasePerson', { workflowId, taskQueue, args: [{ erasureId: 'era_1' }] })
  return workflowId
}

/** One alert, taken at once. */
async function runAlert({ store }: World, { client }: TestWorkflowEnvironment): Promise<string> {
  await store.alerts.change({ url: 'https://hooks.example.com/', secret: 'a secret of sixteen' }, startMs)
  await store.alerts.addTest('alt_test', startMs)
  const workflowId = 'alert:alt_test'
  await client.workflow.execute('deliverAlert', { workflowId, taskQueue, args: [{ alertId: 'alt_test' }] })
  return workflowId
}

const audienceId = `audience:${connectionId}:vip`

/** Words on 30 members of an audience, told as a worker tells them. */
async function sayMembers(
  world: World,
  { client }: TestWorkflowEnvironment,
  said: { isMember: boolean; signal: 'changed' | 'now' },
): Promise<void> {
  const keys = { 'statsig.consoleKey': 'console-a' }
  await world.store.connections.update(connectionId, { keys }, startMs)
  const atMs = startMs + (said.isMember ? 0 : 1)
  const words = users(30).map((id) => membership(id, said.isMember, atMs))
  await world.store.audiences.fold(connectionId, words, startMs)
  await client.workflow.signalWithStart('syncAudience', {
    ...{ workflowId: audienceId, taskQueue, signal: said.signal },
    args: [{ connectionId, audience: 'vip' }],
  })
}
const audienceIs = (world: World, state: string, applied: number) => async () => {
  const audience = await world.store.audiences.get(connectionId, 'vip')
  return audience?.state === state && audience.applied === applied
}

/** An audience that is emptied: the removals wait, and a person decides. */
function runDecision(verdict: 'approve' | 'reject'): Scenario {
  return async (world, environment) => {
    await sayMembers(world, environment, { isMember: true, signal: 'changed' })
    await until(audienceIs(world, 'idle', 30))
    await sayMembers(world, environment, { isMember: false, signal: 'now' })
    await until(audienceIs(world, 'waiting_approval', 30))
    await environment.client.workflow.getHandle(audienceId).executeUpdate(verdict)
    await until(audienceIs(world, 'idle', verdict === 'approve' ? 0 : 30))
    return audienceId
  }
}

const connectId = `connect:${connectionId}`

const setupIs = (world: World, step: string) => async () =>
  (await world.store.setups.newest(connectionId))?.step === step

/** Begins a set-up and its run as the api does, at a Segment in memory that delivers test events. */
async function beginSetup(world: World, { client }: TestWorkflowEnvironment, kind: SetupKind) {
  const { setup } = world.deps
  const { store } = world
  setup.proofWaitMs = 0
  if (!(setup.segment instanceof ScriptedSegment)) throw new Error('the world has another Segment')
  setup.segment.onTest = deliverProof(store, connectionId, startMs)
  await store.connections.update(connectionId, { keys: { 'segment.apiToken': 'token' } }, startMs)
  const authorization = { state: 'state-1', verifier: 'verifier-1', url: 'http://segment.test' }
  await store.setups.begin({
    ...{ id: 'set_1', connectionId, kind, expiresAtMs: startMs + 900_000, nowMs: startMs },
    ...(kind === 'oauth' ? { authorization } : {}),
  })
  const handle = await client.workflow.start('connectSegment', {
    ...{ workflowId: connectId, taskQueue, args: [{ connectionId, setupId: 'set_1', kind }] },
  })
  return {
    ...{ handle, segment: setup.segment },
    choose: async (...sourceIds: string[]) => {
      await until(setupIs(world, 'choose_source'))
      await handle.executeUpdate('chooseSource', { args: [{ workspaceId: 'ws_1', sourceIds }] })
    },
  }
}

const window = { fromMs: startMs - 86_400_000, toMs: startMs + 86_400_000 }
const storeWindow = { source: 'store' as const, ...window }

/** Delivers some messages, so that there is something to be replayed. */
async function deliver(world: World, environment: TestWorkflowEnvironment, count: number): Promise<void> {
  await world.append(users(count))
  await wake(environment)
  await until(isAsleep(world))
}

/** A job that nobody steers, to its end. */
function runJobToEnd(kind: JobKind, spec: JobSpec, given: Parameters<typeof makeJob>[3] = {}): Scenario {
  return async (world, environment) => {
    await deliver(world, environment, 5)
    const { events } = world.deps.handlers
    if (events) Object.assign(world.deps.handlers, { outbound: events, export: events })
    const job = await makeJob(world, kind, spec, given)
    await (await startJob(environment, job)).result()
    return job.lane
  }
}

/** A replay that is paused in the middle, slowed, and then goes on or is cancelled. */
function runSteered(last: 'resume' | 'cancel'): Scenario {
  return async (world, environment) => {
    await deliver(world, environment, 20)
    const job = await makeJob(world, 'replay', storeWindow, { force: true, rate: 10 })
    const run = await startJob(environment, job)
    await until(async () => (await jobOf(world, job.id)).totals.delivered > 0)
    await run.executeUpdate('pause')
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    await run.executeUpdate('rate', { args: [null] })
    await run.executeUpdate(last)
    await run.result()
    return job.lane
  }
}

/** A job whose source cannot be read, for which a person must act. */
const runFailing: Scenario = async (world, environment) => {
  const spec = { ...window, source: 'archive' as const, path: '/nowhere' }
  const job = await makeJob(world, 'replay', spec)
  await (await startJob(environment, job)).result()
  return job.lane
}

/** File name -> what happens before the history is taken. */
const scenarios: Record<string, Scenario> = {
  async 'drainLane.asleep'(world, environment) {
    await world.append(users(3))
    await wake(environment)
    await until(isAsleep(world))
    await world.append(users(2, 4))
    await wake(environment)
    await until(isAsleep(world))
  },
  async 'drainLane.needs-attention-then-resumed'(world, environment) {
    world.statsig.script = ({ key }) => (key === 'secret-new' ? 202 : 401)
    await world.append(users(3))
    await wake(environment)
    await until(stateIs(world, 'needs_attention'))
    await world.store.connections.update(
      connectionId,
      { keys: { 'statsig.serverKey': 'secret-new' } },
      startMs,
    )
    await wake(environment)
    await until(isAsleep(world))
  },
  async 'drainLane.paused-then-resumed'(world, environment) {
    await world.store.connections.update(connectionId, { paused: true }, startMs)
    await world.append(users(3))
    await wake(environment)
    await until(stateIs(world, 'paused'))
    await world.store.connections.update(connectionId, { paused: false }, startMs)
    await wake(environment)
    await until(isAsleep(world))
  },
  async 'drainLane.outage'(world, environment) {
    world.statsig.script = ({ index }) => (index < 2 ? 503 : 202)
    await world.append(users(3))
    await wake(environment)
    await until(isAsleep(world))
  },
  async 'drainLane.continued-as-new'(world, environment) {
    await world.append(users(1))
    const { workflowId } = await wake(environment)
    for (let i = 0; i < 40; i += 1) await environment.client.workflow.getHandle(workflowId).signal('wake')
    await until(isAsleep(world))
  },
  async 'drainLane.rested-then-woken-by-its-timer'(world, environment) {
    let releaseMs = startMs + 3_000
    Object.assign(world.deps.handlers.events ?? {}, { releaseAtMs: () => releaseMs })
    setTimeout(() => (releaseMs = startMs), 1_500)
    await world.append(users(3))
    await wake(environment)
    await until(isAsleep(world))
  },
  'replayBackfill.completed': runJobToEnd('replay', storeWindow),
  'replayBackfill.planned': runJobToEnd('replay', storeWindow, { dryRun: true }),
  'replayBackfill.paused-then-resumed': runSteered('resume'),
  'replayBackfill.cancelled': runSteered('cancel'),
  'replayBackfill.failed': runFailing,
  'exportOutbound.completed': runJobToEnd('export', window, { handler: 'outbound' }),
  'redriveMessages.completed': runJobToEnd('redrive', { outcome: 'rejected', lanes: ['events', 'late'] }),
  'syncAudience.approved': runDecision('approve'),
  'syncAudience.rejected': runDecision('reject'),
  async 'syncAudience.needs-attention'(world, environment) {
    world.segments.fault = new BridgeError('statsig.console_key_refused', 'HTTP 401')
    await sayMembers(world, environment, { isMember: true, signal: 'now' })
    await until(audienceIs(world, 'needs_attention', 0))
    return audienceId
  },
  async 'reconcileAudiences.done'(world, { client }) {
    await world.store.audiences.ensure(connectionId, 'vip', startMs)
    const workflowId = 'reconcile-audiences'
    await client.workflow.execute('reconcileAudiences', { workflowId, taskQueue, args: [] })
    return workflowId
  },
  async 'connectSegment.active'(world, environment) {
    const { handle, choose } = await beginSetup(world, environment, 'oauth')
    await until(setupIs(world, 'authorize'))
    await world.store.setups.takeConsent('state-1', 'good-code', startMs)
    await handle.executeUpdate('consent', { args: [{}] })
    await choose('source-id-web', 'source-id-server')
    await until(setupIs(world, 'active'))
    return connectId
  },
  async 'connectSegment.failed'(world, environment) {
    const { choose, segment } = await beginSetup(world, environment, 'token')
    segment.faults.push({ step: 'subscribe', code: 'segment.forbidden' })
    await choose('source-id-web')
    await until(setupIs(world, 'failed'))
    return connectId
  },
  async 'connectSegment.cancelled'(world, environment) {
    const { handle, choose, segment } = await beginSetup(world, environment, 'token')
    segment.onTest = () => undefined
    await choose('source-id-web')
    await until(setupIs(world, 'proof'))
    await handle.executeUpdate('cancelSetup')
    await until(setupIs(world, 'cancelled'))
    return connectId
  },
  async 'connectSegment.by-hand'(world, environment) {
    const { handle } = await beginSetup(world, environment, 'manual')
    await until(setupIs(world, 'paste'))
    await deliverProof(world.store, connectionId, startMs)('typed-by-hand')
    await handle.signal('look')
    await until(setupIs(world, 'active'))
    return connectId
  },
  async 'disconnectSegment.done'(world, environment) {
    const { choose } = await beginSetup(world, environment, 'token')
    await choose('source-id-web')
    await until(setupIs(world, 'active'))
    await world.store.removal.begin(connectionId, startMs)
    const workflowId = `disconnect:${connectionId}`
    const options = { workflowId, taskQueue, args: [{ connectionId, data: 'now' }] }
    await environment.client.workflow.execute('disconnectSegment', options)
    return workflowId
  },
  'housekeeping.done': runHousekeeping,
  'deliverAlert.delivered': runAlert,
  'erasePerson.done': runErasure,
}

async function record(
  name: string,
  play: Scenario,
  environment: TestWorkflowEnvironment,
  firstRun: boolean,
): Promise<void> {
  const world = await createWorld()
  const worker = await workerOf(environment, await bundle(), world)
  let workflowId = `lane:${connectionId}:events`
  try {
    const first = await worker.runUntil(async () => {
      const played = await play(world, environment)
      if (typeof played === 'string') workflowId = played
      // The last workflow task is answered a moment after the store shows the end of the activity.
      await new Promise((resolve) => setTimeout(resolve, 1_000))
      const handle = environment.client.workflow.getHandle(workflowId)
      return (await handle.fetchHistory()).events?.[0]?.workflowExecutionStartedEventAttributes
        ?.firstExecutionRunId
    })
    const handle = environment.client.workflow.getHandle(
      workflowId,
      firstRun ? (first ?? undefined) : undefined,
    )
    // Whose machine it was is nobody's business.
    const json = historyToJSON(await handle.fetchHistory())
      .replace(/"identity": *"[^"]*"/g, '"identity": "recorder"')
      .replaceAll(`${process.cwd()}/`, '')
    writeFileSync(`${folder}/${name}.${sdkVersion}.json`, `${json}\n`)
    if (/^(drainLane|syncAudience)/.test(name))
      await environment.client.workflow.getHandle(workflowId).terminate('recorded')
  } finally {
    await world.close()
  }
}

quiet()
mkdirSync(folder, { recursive: true })
const path = await temporalBinary('cli', {
  cacheDir: readConfig().cacheDir,
  onStep: console.log,
})
for (const [name, play] of Object.entries(scenarios)) {
  if (existsSync(`${folder}/${name}.${sdkVersion}.json`)) continue
  const continues = name.includes('continued-as-new')
  const early = continues ? ['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=30'] : []
  const server = {
    executable: { type: 'existing-path', path },
    log: { format: 'pretty', level: 'error' },
    extraArgs: early,
  } as const
  const environment = await TestWorkflowEnvironment.createLocal({
    server: { ...server, extraArgs: [...early] },
  })
  await registerSearchAttributes(environment.connection, 'default')
  await record(name, play, environment, continues)
  await environment.teardown()
  console.log(`recorded ${name}`)
}
process.exit(0)
