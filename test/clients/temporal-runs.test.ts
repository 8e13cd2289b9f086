import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWorkflowRuns } from '../../clients/temporal-runs.ts'
import { startDevServer } from '../support/temporal.ts'

let environment: TestWorkflowEnvironment
beforeAll(async () => {
  environment = await startDevServer()
})
afterAll(() => environment.teardown())

const runs = () =>
  createWorkflowRuns({ client: () => environment.client, clock: { nowMs: () => Date.now() } })
const run = (workflowId: string) => ({
  ...{ workflow: 'replayBackfill', workflowId, taskQueue: 'causeway-bulk' as const, args: [{ id: 1 }] },
  ...{ connectionId: 'con_1', lane: 'replay:1', summary: 'Replay 1', details: 'What it **does**.' },
})
const statusOf = async (workflowId: string) =>
  (await environment.client.workflow.getHandle(workflowId).describe()).status.name

describe('createWorkflowRuns', () => {
  it('starts a run once: the second answer says that it was there', async () => {
    expect(await runs().start(run('replay:once'))).toBe(true)
    expect(await runs().start(run('replay:once'))).toBe(false)
    const { staticSummary } = await environment.client.workflow.getHandle('replay:once').describe()
    expect(await staticSummary()).toBe('Replay 1')
  })

  it('links a run to its page in the console', async () => {
    const linked = createWorkflowRuns({
      ...{ client: () => environment.client, clock: { nowMs: () => Date.now() } },
      publicUrl: 'https://causeway.example.com',
    })
    await linked.start(run('replay:linked'))
    const { staticDetails } = await environment.client.workflow.getHandle('replay:linked').describe()
    expect(await staticDetails()).toBe(
      'What it **does**.\n\n[Open in the console](https://causeway.example.com/jobs/replays/1)',
    )
  })

  it('cancels a run by its id', async () => {
    await runs().start(run('replay:cancelled'))
    await runs().cancel('replay:cancelled')
    // Nobody works on it here, so it is asked to end and does not yet.
    const { events } = await environment.client.workflow.getHandle('replay:cancelled').fetchHistory()
    expect(events?.some(({ workflowExecutionCancelRequestedEventAttributes: asked }) => asked)).toBe(true)
    expect(await statusOf('replay:cancelled')).toBe('RUNNING')
  })

  it.each(['signal', 'update'] as const)('says by %s that no such run is open', async (call) => {
    await expect(runs()[call]('replay:nowhere', 'pause', [])).rejects.toMatchObject({ code: 'not_found' })
  })

  it('says that Temporal is away, and does not wait for it', async () => {
    const early = createWorkflowRuns({ client: () => undefined, clock: { nowMs: () => 0 } })
    await expect(early.start(run('replay:early'))).rejects.toMatchObject({ code: 'temporal_unavailable' })
    expect(await early.reachable()).toBe(false)
  })
})
