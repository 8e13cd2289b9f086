import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { createActivities } from '../../activities/index.ts'
import { BridgeError } from '../../core/errors.ts'
import type { deliverAlert } from '../../workflows/index.ts'
import { startDevServer, startTimeSkipping } from '../support/temporal.ts'
import { createWorld, RecordingAlerts, startMs, type World } from '../support/world.ts'
import { bundle, quiet, until } from './support.ts'

const taskQueue = 'causeway-bulk'
const alertId = 'alt_1'

let code: WorkflowBundleWithSourceMap
let environment: TestWorkflowEnvironment
let world: World
let webhook: RecordingAlerts
beforeAll(async () => {
  quiet()
  code = await bundle()
  environment = await startTimeSkipping()
})
afterAll(() => environment.teardown())
beforeEach(async () => {
  world = await createWorld()
  webhook = new RecordingAlerts()
  const change = { url: 'https://hooks.example.com/', secret: 'a secret of sixteen' }
  await world.store.alerts.change(change, startMs)
  await world.store.alerts.addTest(alertId, startMs)
})
afterEach(() => world.close())

/** A worker with this webhook; `alerts` replaces parts of the store. */
async function run<T>(
  work: () => Promise<T>,
  alerts: Partial<World['store']['alerts']> = {},
  { nativeConnection: connection } = environment,
): Promise<T> {
  const deps = { ...world.deps, alertSender: webhook, alerts: { ...world.store.alerts, ...alerts } }
  const worker = await Worker.create({
    ...{ connection, taskQueue, workflowBundle: code },
    activities: createActivities(deps),
  })
  return worker.runUntil(work)
}

let runs = 0
const options = () => ({
  workflowId: `alert:${alertId}:${++runs}`,
  taskQueue,
  args: [{ alertId }] as [{ alertId: string }],
})
const deliver = () => environment.client.workflow.execute<typeof deliverAlert>('deliverAlert', options())
const stored = () => world.store.alerts.get(alertId)

describe('deliverAlert', () => {
  it('tells the webhook, and records that it was taken', async () => {
    expect(await run(deliver)).toEqual({ state: 'delivered' })
    expect(await stored()).toMatchObject({ delivery: 'delivered', attempts: 1, lastStatus: 204 })
    expect(webhook.requests).toMatchObject([{ url: 'https://hooks.example.com/', id: alertId }])
    expect(JSON.parse(webhook.requests[0]?.body ?? '')).toMatchObject({
      type: 'alert.test',
      timestamp: '2026-01-05T12:00:00.000Z',
      data: { id: alertId, state: 'test' },
    })
  })

  it('tries again until the webhook takes it, with the same body', async () => {
    webhook.answer = (index) => (index < 3 ? { status: 500, text: 'boom' } : {})
    expect(await run(deliver)).toEqual({ state: 'delivered' })
    expect(await stored()).toMatchObject({ delivery: 'delivered', attempts: 4 })
    expect(new Set(webhook.requests.map(({ body }) => body)).size).toBe(1)
  })

  it('takes a redirect for a refusal, and an address that is not allowed too', async () => {
    webhook.answer = (index) =>
      index === 0 ? { status: 302 } : index === 1 ? { status: undefined, text: 'ADDRESS_NOT_ALLOWED' } : {}
    expect(await run(deliver)).toEqual({ state: 'delivered' })
    expect(await stored()).toMatchObject({ attempts: 3 })
  })

  it('gives up after a day, where a person sees it', async () => {
    webhook.answer = () => ({ status: undefined, text: 'ECONNREFUSED' })
    expect(await run(deliver)).toEqual({ state: 'given_up' })
    const alert = await stored()
    expect(alert).toMatchObject({ delivery: 'given_up', lastAnswer: 'ECONNREFUSED' })
    expect(alert?.attempts).toBeGreaterThan(50)
    expect(alert?.attempts).toBeLessThan(150)
  })

  it('goes by the URL of now at each attempt', async () => {
    webhook.answer = (index) => (index === 0 ? { status: 404 } : {})
    const recordAttempt: World['store']['alerts']['recordAttempt'] = async (...attempt) => {
      await world.store.alerts.recordAttempt(...attempt)
      await world.store.alerts.change({ url: 'https://corrected.example.com/' }, startMs)
    }
    await run(deliver, { recordAttempt })
    expect(webhook.requests.map(({ url }) => url)).toEqual([
      'https://hooks.example.com/',
      'https://corrected.example.com/',
    ])
  })

  it('ends as off when the URL is gone', async () => {
    await world.store.alerts.change({ url: null }, startMs)
    expect(await run(deliver)).toEqual({ state: 'off' })
    expect(await stored()).toMatchObject({ delivery: 'off', attempts: 0 })
  })

  it('does not tell again what has been told', async () => {
    await run(deliver)
    expect(await run(deliver)).toEqual({ state: 'delivered' })
    expect(webhook.requests).toHaveLength(1)
  })

  it('outlasts a store that fails', async () => {
    let failures = 3
    const settings = () =>
      failures-- > 0 ? Promise.reject(new BridgeError('store_busy', 'busy')) : world.store.alerts.settings()
    expect(await run(deliver, { settings })).toEqual({ state: 'delivered' })
  })

  it('is taken on by the next worker when one stops between two attempts', async () => {
    const server = await startDevServer()
    onTestFinished(() => server.teardown())
    webhook.answer = () => ({ status: 503 })
    const handle = await run(
      async () => {
        const started = await server.client.workflow.start<typeof deliverAlert>('deliverAlert', options())
        await until(async () => ((await stored())?.attempts ?? 0) >= 1)
        return started
      },
      {},
      server,
    )
    webhook.answer = () => ({})
    expect(await run(() => handle.result(), {}, server)).toEqual({ state: 'delivered' })
    expect(await stored()).toMatchObject({ delivery: 'delivered', attempts: 2 })
  })
})
