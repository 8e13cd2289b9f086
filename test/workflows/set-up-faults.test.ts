// What can go wrong on the way of a set-up, at a Segment that keeps what is made there: refusals of each of its requests,
// and a worker that is killed in the middle of each step. Every set-up has a sandbox of its own, so they all run at once.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAdaptorServer } from '@hono/node-server'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDisconnect } from '../../activities/disconnect.ts'
import { createSetUp } from '../../activities/set-up.ts'
import { createWorkflowRuns } from '../../clients/temporal-runs.ts'
import { serveSandbox, type RunningSandbox } from '../../sandbox/serve.ts'
import { createApiWorld, type ApiWorld } from '../support/fake-deps.ts'
import { startDevServer } from '../support/temporal.ts'
import type { CrashPlan } from './crashing-worker.ts'
import { oauthAt, setUpDepsAt, type Step } from './set-up-deps.ts'
import { bundle, quiet, taskQueue, until } from './support.ts'

let code: WorkflowBundleWithSourceMap
let environment: TestWorkflowEnvironment
let world: ApiWorld
let publicUrl: string
const origins: Record<string, string> = {}
/** Set-ups whose worker is killed have a queue of their own, so that they run beside the others. */
const crashQueue = 'crash'
const queues: Record<string, string> = {}
let worker: { stop: () => Promise<void> }
const sandboxes: RunningSandbox[] = []
const server = createAdaptorServer({ fetch: (request: Request) => world.app.fetch(request) })

beforeAll(async () => {
  quiet()
  ;[code, environment] = await Promise.all([bundle(), startDevServer()])
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  publicUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const clock = { nowMs: Date.now }
  const runs = createWorkflowRuns({ client: () => environment.client, clock })
  const start: typeof runs.start = (run) =>
    runs.start({ ...run, taskQueue: (queues[run.connectionId] ?? run.taskQueue) as typeof run.taskQueue })
  world = createApiWorld(({ config }) => ({
    ...{ clock, runs: { ...runs, start } },
    segmentOauth: oauthAt('http://127.0.0.1:9'),
    config: { ...config, publicUrl, segmentApiUrl: 'http://127.0.0.1:9' },
  }))
  worker = await startWorker(taskQueue)
}, 60_000)
afterAll(async () => {
  await worker.stop()
  server.close()
  await Promise.all(sandboxes.map((sandbox) => sandbox.close()))
  await world.close()
  await environment.teardown()
})

interface SetupAnswer {
  step: string
  authorizeUrl?: string
  choices?: { workspaceId: string; sources: { id: string }[] }[]
  error?: { code: string; message: string }
}
const ended = ['active', 'failed', 'expired', 'cancelled']

/** A connection, and its set-up as a person goes through it. */
interface Plan {
  setup: 'oauth' | 'token'
  fault?: object
  knobs?: object
  queue?: string
  sources?: string[]
  cancelAt?: string
}

async function begin({ setup, fault, knobs, queue = taskQueue }: Plan): Promise<string> {
  const sandbox = await serveSandbox({ port: 0, nowMs: Date.now })
  sandboxes.push(sandbox)
  const send = (method: string, at: string, body: object) =>
    fetch(`${sandbox.origin}/_sandbox${at}`, { method, body: JSON.stringify(body) })
  if (fault) expect((await send('POST', '/faults', fault)).status).toBe(204)
  if (knobs) expect((await send('PATCH', '/segment/settings', knobs)).status).toBe(200)
  const { json } = await world.call('POST', '/api/v1/connections', {
    ...{ name: 'Shop', setup },
    ...(setup === 'token' ? { segment: { apiToken: 'sandbox-token' } } : {}),
  })
  const { id } = json as { id: string }
  origins[id] = sandbox.origin
  queues[id] = queue
  await insist('POST', `/api/v1/connections/${id}/setup`)
  return id
}

/** A machine with much to do answers 503 now and then, and says to try again. */
async function insist(method: string, path: string, body?: object): Promise<void> {
  for (;;) {
    const { status, text } = await world.call(method, path, body)
    // 409: a call before this one has got through, whatever it was answered.
    if (status < 300 || status === 409) return
    if (status !== 503) throw new Error(`${method} ${path}: ${status} ${text}`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

/** So many at a time. */
async function pooled<T, R>(items: readonly T[], work: (item: T, n: number) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  let next = 0
  const lane = async () => {
    for (let n = next++; n < items.length; n = next++) results[n] = await work(items[n] as T, n)
  }
  await Promise.all(Array.from({ length: 16 }, lane))
  return results
}

const read = async (id: string) =>
  (await world.call('GET', `/api/v1/connections/${id}/setup`)).json as SetupAnswer

/** Allows it, chooses and cancels where that is asked for; answers how it ended. */
async function goThrough(id: string, { sources = ['source-id-web'], cancelAt }: Plan): Promise<SetupAnswer> {
  const done = new Set<string>()
  const once = async (step: string, work: () => Promise<unknown>) => {
    if (done.has(step)) return
    done.add(step)
    await work()
  }
  let setup = await read(id)
  await until(async () => {
    setup = await read(id)
    const { step, authorizeUrl = '', choices: [workspace] = [] } = setup
    if (step === 'authorize') await once(step, () => consent(origins[id] ?? '', authorizeUrl))
    const choice = { workspaceId: workspace?.workspaceId, sourceIds: sources }
    if (step === 'choose_source')
      await once(step, () => insist('POST', `/api/v1/connections/${id}/setup/source`, choice))
    if (step === cancelAt) await once(step, () => insist('DELETE', `/api/v1/connections/${id}/setup`))
    await new Promise((resolve) => setTimeout(resolve, 100))
    return ended.includes(step)
  }, 90_000)
  return setup
}

/** What a browser does on Segment's page, and where it is sent back to. */
async function consent(origin: string, authorizeUrl: string): Promise<void> {
  const { searchParams } = new URL(authorizeUrl)
  const body = new URLSearchParams(searchParams)
  for (const [name, value] of [
    ['decision', 'allow'],
    ['workspace', 'sandbox'],
  ] as const)
    body.set(name, value)
  // A connection of its own: one that has lain open may be closed by the other side at this very moment.
  const headers = { connection: 'close' }
  const init = { method: 'POST', body, headers, redirect: 'manual' } as const
  const answer = await fetch(`${origin}/oauth2/auth`, init)
  const callback = new URL(answer.headers.get('location') ?? '')
  expect((await world.app.request(callback.pathname + callback.search)).status).toBe(200)
}

const madeAt = async (id: string) =>
  (await (
    await fetch(`${origins[id]}/_sandbox/segment/destinations`, { headers: { connection: 'close' } })
  ).json()) as {
    sourceId: string
    subscriptions: object[]
  }[]

/** Active with one working destination for each source; or explained, with nothing left anywhere. */
async function expectClean(
  id: string,
  { step, error }: SetupAnswer,
  sources = ['source-id-web'],
): Promise<void> {
  const made = await madeAt(id)
  const noted = await world.store.setups.destinations(id)
  const connection = await world.store.connections.get(id)
  if (step === 'active') {
    expect(made.map(({ sourceId, subscriptions }) => [sourceId, subscriptions.length])).toEqual(
      sources.map((source) => [source, 1]),
    )
    expect(noted).toHaveLength(sources.length)
    return
  }
  expect(error?.message).toMatch(/\w{3}/)
  expect({ made, noted }).toEqual({ made: [], noted: [] })
  expect(connection?.keys).not.toContain('segment.sharedSecret')
  expect(await world.store.grants.outline(id)).toBeUndefined()
}

/** A worker that takes what comes to a queue until it is stopped. */
async function startWorker(queue: string): Promise<{ stop: () => Promise<void> }> {
  const deps = setUpDepsAt({ store: world.store, origins, publicUrl })
  const made = await Worker.create({
    ...{ connection: environment.nativeConnection, taskQueue: queue, workflowBundle: code },
    activities: { ...createSetUp(deps), ...createDisconnect(deps) },
    maxHeartbeatThrottleInterval: '500ms',
  })
  const running = made.run()
  const stop = () => {
    made.shutdown()
    return running
  }
  return { stop }
}

const requests = [
  ['exchange', 'segment.oauth', 'POST /oauth2/token'],
  ['workspace', 'segment.api', 'GET /'],
  ['sources', 'segment.api', 'GET /sources'],
  ['destinations of a source', 'segment.api', 'GET /sources/'],
  ['making the destination', 'segment.api', 'POST /destinations'],
  ['its subscriptions', 'segment.api', 'GET /destinations/'],
  ['the catalogue', 'segment.api', 'GET /catalog'],
  ['subscribing', 'segment.api', 'POST /destinations/'],
  ['the test event', 'segment.batch', undefined],
  ['removing', 'segment.api', 'DELETE /destinations'],
] as const

const crashes: { step: Step; when: 'before' | 'after'; end: string }[] = [
  { step: 'exchange', when: 'before', end: 'active' },
  // The code is used up and the token is lost: that is told.
  { step: 'exchange', when: 'after', end: 'failed' },
  ...(['workspace', 'sources', 'destinationsNamed'] as const).map((step) => ({
    ...{ step, when: 'before' as const, end: 'active' },
  })),
  ...(['createDestination', 'subscribe', 'sendTest'] as const).flatMap((step) =>
    (['before', 'after'] as const).map((when) => ({ step, when, end: 'active' })),
  ),
  ...(['before', 'after'] as const).map((when) => ({
    ...{ step: 'removeDestination' as const, when, end: 'cancelled' },
  })),
]

describe('connectSegment', () => {
  it.concurrent(
    'ends active, or explained and undone, at a Segment that answers 401, 403, 429 or 500 to a request',
    { timeout: 120_000 },
    async () => {
      const cases = requests.flatMap(([name, target, whenRequest]) =>
        [401, 403, 429, 500].map((status) => {
          const fault = { target, status, times: 1, ...(whenRequest === undefined ? {} : { whenRequest }) }
          const undoing = name === 'removing' ? { cancelAt: 'proof', knobs: { batchWaitMs: 600_000 } } : {}
          const setup = name === 'exchange' ? ('oauth' as const) : ('token' as const)
          return { name, status, plan: { setup, fault, ...undoing } }
        }),
      )
      const ends = await pooled(cases, async ({ name, status, plan }) => {
        const id = await begin(plan)
        const setup = await goThrough(id, plan)
        await expectClean(id, setup)
        return { name, status, end: setup.step, code: setup.error?.code }
      })
      for (const { name, status, end, code } of ends) {
        const told = `${name} ${status}`
        if (name === 'removing') expect({ told, end }).toEqual({ told, end: 'cancelled' })
        else if (status === 429 || status === 500 || name === 'the test event')
          expect({ told, end, code }).toEqual({ told, end: 'active', code: undefined })
        else if (name !== 'exchange')
          expect({ told, end, code }).toEqual({
            ...{ told, end: 'failed' },
            code: status === 401 ? 'segment.token_refused' : 'segment.forbidden',
          })
      }
    },
  )

  it.concurrent(
    'undoes the first of two destinations where the second is refused, and takes both away on cancel',
    { timeout: 60_000 },
    async () => {
      const sources = ['source-id-web', 'source-id-server']
      const second = {
        target: 'segment.api',
        status: 403,
        times: 1,
        whenRequest: 'GET /sources/source-id-server',
      }
      const plans: Plan[] = [
        { setup: 'token', sources },
        { setup: 'token', sources, fault: second },
        { setup: 'token', sources, cancelAt: 'proof', knobs: { batchWaitMs: 600_000 } },
        // A code that was good for a second, and was taken too late.
        {
          setup: 'oauth',
          sources,
          fault: { target: 'segment.oauth', delayMs: 2_500, whenRequest: 'POST /oauth2/token' },
          knobs: { codeSeconds: 1 },
        },
      ]
      const ends = await Promise.all(
        plans.map(async (plan) => {
          const id = await begin(plan)
          const setup = await goThrough(id, plan)
          await expectClean(id, setup, sources)
          return [setup.step, setup.error?.code]
        }),
      )
      expect(ends).toEqual([
        ['active', undefined],
        ['failed', 'segment.forbidden'],
        ['cancelled', 'setup_cancelled'],
        ['failed', 'segment.code_refused'],
      ])
    },
  )

  it.concurrent(
    'ends as if nothing had happened, or explained and undone, when its worker is killed at a step',
    { timeout: 120_000 },
    async () => {
      const plans = crashes.map(({ step }): Plan => {
        if (step === 'removeDestination')
          return { setup: 'token', cancelAt: 'proof', knobs: { batchWaitMs: 600_000 } }
        // A code outlives the crash: what is tried is the crash, and not how slow the machine is.
        return step === 'exchange' ? { setup: 'oauth', knobs: { codeSeconds: 600 } } : { setup: 'token' }
      })
      const ids = await Promise.all(plans.map((plan) => begin({ ...plan, queue: crashQueue })))
      const folder = mkdtempSync(join(tmpdir(), 'causeway-crash-'))
      const plan: CrashPlan = {
        ...{
          address: environment.address,
          taskQueue: crashQueue,
          origins,
          publicUrl,
          databasePath: world.path,
        },
        codePath: join(folder, 'bundle.js'),
        crashes: Object.fromEntries(
          ids.map((id, n) => [id, crashes[n] ?? { step: 'exchange', when: 'before' }]),
        ),
      }
      writeFileSync(plan.codePath, code.code)
      writeFileSync(join(folder, 'plan.json'), JSON.stringify(plan))
      const args = ['--import', 'tsx', 'test/workflows/crashing-worker.ts', join(folder, 'plan.json')]
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
      const going = Promise.all(ids.map((id, n) => goThrough(id, plans[n] ?? { setup: 'token' })))
      expect(await once(child, 'exit')).toEqual([null, 'SIGKILL'])
      const rescue = await startWorker(crashQueue)
      const ends = await going.finally(() => rescue.stop())
      for (const [n, { step, when, end }] of crashes.entries()) {
        const [id = '', setup] = [ids[n], ends[n]]
        expect(`${step} ${when}: ${setup?.step}`).toBe(`${step} ${when}: ${end}`)
        if (setup) await expectClean(id, setup)
      }
      expect(ends[1]?.error).toMatchObject({
        code: 'segment.code_refused',
        message: expect.stringContaining('sent before and the answer did not reach us') as string,
      })
      rmSync(folder, { recursive: true })
    },
  )
})
