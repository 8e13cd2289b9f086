import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { Client, Connection } from '@temporalio/client'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createLaneStarter } from '../../clients/temporal-lanes.ts'
import { causewayConnection, causewayLane } from '../../core/search-attributes.ts'
import { startDevServer } from '../support/temporal.ts'

let environment: TestWorkflowEnvironment
beforeAll(async () => {
  environment = await startDevServer()
})
afterAll(() => environment.teardown())

const clock = { nowMs: () => Date.now() }
const starter = () => createLaneStarter({ client: () => environment.client, clock })

/** What Temporal keeps of a lane's run: nobody works on it here, so it stays as it was started. */
async function runOf(workflowId: string) {
  const handle = environment.client.workflow.getHandle(workflowId)
  const described = await handle.describe()
  const { events } = await handle.fetchHistory()
  const started = events?.[0]?.workflowExecutionStartedEventAttributes
  const [input] = started?.input?.payloads ?? []
  return {
    ...described,
    summary: await described.staticSummary(),
    details: await described.staticDetails(),
    input: JSON.parse(Buffer.from(input?.data ?? []).toString()) as unknown,
    signals: (events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signal }) =>
      signal ? [signal.signalName] : [],
    ),
  }
}

/** Runs to the end that it must have: how it failed, and after how long. */
async function failureOf(work: Promise<unknown>): Promise<{ error: unknown; ms: number }> {
  const startedAt = performance.now()
  const error = await work.then(
    () => undefined,
    (fault: unknown) => fault,
  )
  return { error, ms: performance.now() - startedAt }
}

describe('createLaneStarter', () => {
  describe.each(['wake', 'ensure'] as const)('%s', (call) => {
    it('starts the lane as a run that is understood and found without our code', async () => {
      const connectionId = `con_${call}`
      await starter()[call](connectionId, 'events')
      const run = await runOf(`lane:${connectionId}:events`)
      expect(run).toMatchObject({
        ...{ type: 'drainLane', taskQueue: 'causeway-live', status: { name: 'RUNNING' } },
        summary: `Lane events of ${connectionId}`,
        input: { connectionId, lane: 'events' },
        signals: call === 'wake' ? ['wake'] : [],
      })
      expect(run.details).toContain('**events**')
      expect(run.details).toContain(connectionId)
      const found = run.typedSearchAttributes
      expect(found.get(causewayConnection)).toBe(connectionId)
      expect(found.get(causewayLane)).toBe('events')
    })

    it('leaves a run that is open as it is', async () => {
      const workflowId = `lane:con_${call}_twice:events`
      await starter()[call](`con_${call}_twice`, 'events')
      const { runId } = await runOf(workflowId)
      await starter()[call](`con_${call}_twice`, 'events')
      const again = await runOf(workflowId)
      expect(again.runId).toBe(runId)
      expect(again.signals).toEqual(call === 'wake' ? ['wake', 'wake'] : [])
    })

    it('gives late messages to the bulk worker', async () => {
      await starter()[call](`con_${call}`, 'late')
      expect(await runOf(`lane:con_${call}:late`)).toMatchObject({ taskQueue: 'causeway-bulk' })
    })

    it('starts a lane anew whose run has ended', async () => {
      const workflowId = `lane:con_${call}_ended:events`
      await starter()[call](`con_${call}_ended`, 'events')
      const { runId } = await runOf(workflowId)
      await environment.client.workflow.getHandle(workflowId).terminate()
      await starter()[call](`con_${call}_ended`, 'events')
      const again = await runOf(workflowId)
      expect(again).toMatchObject({ status: { name: 'RUNNING' } })
      expect(again.runId).not.toBe(runId)
    })
  })

  it('finds runs by connection and lane', async () => {
    await starter().ensure('con_found', 'events')
    await starter().ensure('con_found', 'late')
    const query = `CausewayConnection = 'con_found' AND CausewayLane = 'late'`
    await expect
      .poll(
        async () => {
          const found: string[] = []
          for await (const { workflowId } of environment.client.workflow.list({ query }))
            found.push(workflowId)
          return found
        },
        { timeout: 10_000 },
      )
      .toEqual(['lane:con_found:late'])
  })

  it('reaches a Temporal that is there', async () => {
    expect(await starter().reachable()).toBe(true)
  })

  describe.each(['refuses', 'is silent'] as const)('where Temporal %s', (how) => {
    async function nowhere() {
      const sockets: Socket[] = []
      const server = createServer((socket) => {
        sockets.push(socket.on('error', () => undefined))
      })
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port } = server.address() as AddressInfo
      const close = async () => {
        for (const socket of sockets) socket.destroy()
        await new Promise((resolve) => server.close(resolve))
      }
      if (how === 'refuses') await close()
      else onTestFinished(close)
      const connection = Connection.lazy({ address: `127.0.0.1:${port}` })
      onTestFinished(() => connection.close())
      const client = new Client({ connection })
      return createLaneStarter({ client: () => client, clock })
    }

    it.each(['wake', 'ensure'] as const)('fails to %s within about a second', async (call) => {
      const { error, ms } = await failureOf((await nowhere())[call]('con_1', 'events'))
      expect(error).toBeInstanceOf(Error)
      expect(ms).toBeLessThan(2_500)
    })

    it('is not reachable, and knows within about a second', async () => {
      const startedAt = performance.now()
      expect(await (await nowhere()).reachable()).toBe(false)
      expect(performance.now() - startedAt).toBeLessThan(2_500)
    })
  })

  it('fails at once before the first connection to Temporal', async () => {
    const early = createLaneStarter({ client: () => undefined, clock })
    const { error, ms } = await failureOf(early.wake('con_1', 'events'))
    expect(error).toMatchObject({ code: 'temporal_unavailable' })
    expect(ms).toBeLessThan(500)
    expect(await early.reachable()).toBe(false)
  })
})
