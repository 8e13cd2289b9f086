import type { TestWorkflowEnvironment } from '@temporalio/testing'
import type { Worker, WorkflowBundleWithSourceMap } from '@temporalio/worker'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { connectWorkflowId } from '../../core/ids.ts'
import type { KeyCheck, Setup } from '../../core/ports.ts'
import type { SetupKind } from '../../core/setup.ts'
import type { connectSegment } from '../../workflows/index.ts'
import { deliverProof, ScriptedSegment } from '../support/segment.ts'
import { startTimeSkipping } from '../support/temporal.ts'
import { connectionId, createWorld, startMs, type World } from '../support/world.ts'
import { bundle, quiet, taskQueue, until, workerOf } from './support.ts'

const token = 'token-of-the-test'
const secrets = ['good-code', token, 'access-', 'refresh-', 'verifier-', 'state-', 'made-secret']

let code: WorkflowBundleWithSourceMap
let environment: TestWorkflowEnvironment
let world: World
let segment: ScriptedSegment
let runs = 0
beforeAll(async () => {
  quiet()
  code = await bundle()
  environment = await startTimeSkipping()
})
afterAll(() => environment.teardown())
beforeEach(async () => {
  world = await createWorld()
  const scripted = world.deps.setup.segment
  if (!(scripted instanceof ScriptedSegment)) throw new Error('the world has another Segment')
  segment = scripted
  world.deps.setup.proofWaitMs = 0
  segment.onTest = deliverProof(world.store, connectionId, startMs)
  const change = { keys: { 'segment.apiToken': token } }
  await world.store.connections.update(connectionId, change, startMs)
})
afterEach(() => world.close())

/** Begins a set-up and its run, as the api does. */
async function begin(kind: SetupKind) {
  const setupId = `set_${(runs += 1)}`
  await world.store.setups.begin({
    ...{ id: setupId, connectionId, kind, expiresAtMs: startMs + 900_000, nowMs: startMs },
    ...(kind === 'oauth'
      ? { authorization: { state: `state-${setupId}`, verifier: `verifier-${setupId}`, url: 'http://x' } }
      : {}),
  })
  const handle = await environment.client.workflow.start<typeof connectSegment>('connectSegment', {
    ...{ workflowId: `${connectWorkflowId(connectionId)}-${runs}`, taskQueue },
    args: [{ connectionId, setupId, kind }],
  })
  return {
    ...{ setupId, handle },
    async consent(given: string | undefined = 'good-code', refused?: string) {
      await world.store.setups.takeConsent(`state-${setupId}`, given, startMs)
      await handle.executeUpdate('consent', { args: [refused === undefined ? {} : { refused }] })
    },
    choose: (...sourceIds: string[]) =>
      handle.executeUpdate('chooseSource', { args: [{ workspaceId: 'ws_1', sourceIds }] }),
    /** Waits without `result()`, which would let the server skip the time that a person has. */
    async chooseIfAsked() {
      await until(
        async () => (await newest()).step === 'choose_source' || (await newest()).endedAtMs !== undefined,
      )
      if ((await newest()).step === 'choose_source') await this.choose('source-id-web')
    },
    isAt: (step: string) => until(async () => (await newest()).step === step),
  }
}

const newest = async (): Promise<Setup> => {
  const setup = await world.store.setups.newest(connectionId)
  if (!setup) throw new Error('no set-up')
  return setup
}
const status = async () => (await world.store.connections.get(connectionId))?.status
const running = async <T>(work: () => Promise<T>): Promise<T> => {
  const worker: Worker = await workerOf(environment, code, world)
  return worker.runUntil(work)
}

/** Nothing is left at Segment, nor of what was granted and made here. */
async function expectUndone(): Promise<void> {
  expect([...segment.made.keys()]).toEqual([])
  expect(await world.store.setups.destinations(connectionId)).toEqual([])
  expect(await world.store.grants.outline(connectionId)).toBeUndefined()
  const connection = await world.store.connections.get(connectionId)
  expect(connection?.keys).not.toContain('segment.sharedSecret')
  expect(connection?.status).toBe('active')
}

// Waits between the attempts of an activity are not skipped by the server.
describe('connectSegment', { timeout: 120_000 }, () => {
  it('goes by OAuth from the consent over the choice to an event that came through', async () => {
    await running(async () => {
      const setup = await begin('oauth')
      await setup.isAt('authorize')
      expect(await status()).toBe('connecting')
      await setup.consent()
      await setup.isAt('choose_source')
      expect((await newest()).choices).toMatchObject([
        { workspaceId: 'ws_1', name: 'Workspace', sources: [{ id: 'source-id-web' }, { slug: 'server' }] },
      ])
      await setup.choose('source-id-web')
      expect(await setup.handle.result()).toEqual({ step: 'active' })
      const { events = [] } = await setup.handle.fetchHistory()
      const history = JSON.stringify(events, (_, value: unknown) =>
        value instanceof Uint8Array ? Buffer.from(value).toString() : value,
      )
      for (const secret of secrets) expect(history).not.toContain(secret)
    })
    expect(await newest()).toMatchObject({ step: 'active', error: undefined })
    expect(await status()).toBe('active')
    expect([...segment.made.values()]).toEqual([
      {
        ...{ sourceId: 'source-id-web', name: `Causeway ${connectionId}` },
        subscribed: `http://bridge.test/webhooks/segment/${connectionId}`,
      },
    ])
    expect((await world.store.grants.get(connectionId))?.accessToken).toBe('access-1')
    const { entries } = await world.store.messages.list(connectionId, {}, { limit: 10 })
    expect(entries).toHaveLength(1)
  })

  it('takes a pasted token and makes one destination for each of several sources', async () => {
    await running(async () => {
      const setup = await begin('token')
      await setup.isAt('choose_source')
      await setup.choose('source-id-web', 'source-id-server')
      expect(await setup.handle.result()).toEqual({ step: 'active' })
    })
    expect([...segment.made.values()].map(({ sourceId }) => sourceId)).toEqual([
      'source-id-web',
      'source-id-server',
    ])
  })

  it('asks for no source where the consent named one', async () => {
    segment.tokens = () => ({
      ...{
        accessToken: 'access-named',
        refreshToken: undefined,
        expiresAtMs: undefined,
        sources: ['server'],
      },
    })
    await running(async () => {
      const setup = await begin('oauth')
      await setup.isAt('authorize')
      await setup.consent()
      expect(await setup.handle.result()).toEqual({ step: 'active' })
    })
    expect([...segment.made.values()]).toMatchObject([{ sourceId: 'source-id-server' }])
  })

  it('refuses a source and a workspace that are not there, and goes on waiting', async () => {
    await running(async () => {
      const setup = await begin('token')
      await setup.isAt('choose_source')
      await expect(setup.choose('source-id-other')).rejects.toMatchObject({
        cause: { type: 'source_unknown' },
      })
      const elsewhere = setup.handle.executeUpdate('chooseSource', {
        args: [{ workspaceId: 'ws_2', sourceIds: ['source-id-web'] }],
      })
      await expect(elsewhere).rejects.toMatchObject({ cause: { type: 'source_unknown' } })
      await setup.choose('source-id-web')
      expect(await setup.handle.result()).toEqual({ step: 'active' })
    })
  })

  it('ends, undone, when consent is refused', async () => {
    await running(async () => {
      const setup = await begin('oauth')
      await setup.isAt('authorize')
      await setup.consent(undefined, 'access_denied: no')
      expect(await setup.handle.result()).toEqual({ step: 'failed' })
    })
    expect((await newest()).error).toEqual({ code: 'segment.consent_refused', text: 'access_denied: no' })
    await expectUndone()
  })

  it('ends, undone, when the code has expired', async () => {
    await running(async () => {
      const setup = await begin('oauth')
      await setup.isAt('authorize')
      await setup.consent('old-code')
      expect(await setup.handle.result()).toEqual({ step: 'failed' })
    })
    expect((await newest()).error?.code).toBe('segment.code_refused')
    await expectUndone()
  })

  const bySteps = [
    'exchange',
    'workspace',
    'sources',
    'destinationsNamed',
    'createDestination',
    'subscribe',
    'sendTest',
  ] as const

  // What is refused otherwise, and with a pasted token, is tried at the sandbox: set-up-faults.test.ts.
  it.each(bySteps)(
    'renews a token that is refused at %s, once, or ends undone and explained',
    async (step) => {
      const fault = 'segment.token_refused'
      segment.faults.push({ step, code: fault })
      const end = await running(async () => {
        const setup = await begin('oauth')
        await setup.isAt('authorize')
        await setup.consent()
        await setup.chooseIfAsked()
        return setup.handle.result()
      })
      const renews = step !== 'exchange' && step !== 'sendTest'
      expect(end.step).toBe(renews ? 'active' : 'failed')
      if (end.step === 'active') return
      expect((await newest()).error?.code).toBe(fault)
      await expectUndone()
    },
  )

  it.each(['createDestination', 'subscribe', 'exchange', 'removeDestination'] as const)(
    'makes and leaves nothing twice when the answer to %s is lost',
    async (step) => {
      segment.faults.push({ step, code: 'segment.unavailable', after: true })
      // A code is good for once.
      let exchanged = 0
      const { oauth } = segment
      world.deps.setup.oauth = {
        ...oauth,
        exchange: (given) => oauth.exchange({ ...given, code: (exchanged += 1) === 1 ? given.code : 'used' }),
      }
      if (step === 'removeDestination') segment.onTest = () => undefined
      const end = await running(async () => {
        const setup = await begin('oauth')
        await setup.isAt('authorize')
        await setup.consent()
        await setup.chooseIfAsked()
        return setup.handle.result()
      })
      const ends = {
        createDestination: 'active',
        subscribe: 'active',
        exchange: 'failed',
        removeDestination: 'expired',
      }
      expect(end.step).toBe(ends[step])
      if (end.step === 'active') expect(segment.made.size).toBe(1)
      else await expectUndone()
      if (step === 'exchange')
        expect((await newest()).error?.text).toMatch(/sent before and the answer did not reach us/)
    },
  )

  it('says what is left at Segment when that cannot be removed', async () => {
    segment.onTest = () => undefined
    for (let n = 0; n < 20; n += 1)
      segment.faults.push({ step: 'removeDestination', code: 'segment.forbidden' })
    await running(async () => {
      const setup = await begin('token')
      await setup.isAt('choose_source')
      await setup.choose('source-id-web')
      expect(await setup.handle.result()).toEqual({ step: 'failed' })
    })
    const [id = ''] = segment.made.keys()
    const { error } = await newest()
    expect(error?.code).toBe('segment.left_behind')
    expect(error?.text).toContain(id)
    expect(await world.store.setups.destinations(connectionId)).toMatchObject([{ destinationId: id }])
  })

  it('expires when nobody consents, nobody chooses, or no event comes back, and is undone', async () => {
    for (const upTo of ['authorize', 'choose_source', 'proof'] as const) {
      segment.onTest = () => undefined
      await running(async () => {
        const setup = await begin('oauth')
        await setup.isAt('authorize')
        if (upTo !== 'authorize') await setup.consent()
        if (upTo === 'proof') await setup.isAt('choose_source').then(() => setup.choose('source-id-web'))
        expect(await setup.handle.result()).toEqual({ step: 'expired' })
      })
      expect((await newest()).error).toMatchObject({ code: 'setup_expired' })
      await expectUndone()
    }
  })

  it('is cancelled at any step, and undone', async () => {
    for (const at of ['authorize', 'choose_source', 'proof'] as const) {
      segment.onTest = () => undefined
      await running(async () => {
        const setup = await begin('oauth')
        await setup.isAt('authorize')
        if (at !== 'authorize') await setup.consent()
        if (at === 'proof')
          await setup.isAt('choose_source').then(() => setup.choose('source-id-web', 'source-id-server'))
        await setup.isAt(at)
        await setup.handle.executeUpdate('cancelSetup')
        expect(await setup.handle.result()).toEqual({ step: 'cancelled' })
      })
      await expectUndone()
    }
  })

  it('leaves the destination of an earlier set-up alone when a later one fails', async () => {
    await running(async () => {
      const first = await begin('token')
      await first.isAt('choose_source')
      await first.choose('source-id-web')
      await first.handle.result()
      const second = await begin('token')
      segment.onTest = () => undefined
      await second.isAt('choose_source')
      await second.choose('source-id-server')
      expect(await second.handle.result()).toEqual({ step: 'expired' })
    })
    expect([...segment.made.values()]).toMatchObject([{ sourceId: 'source-id-web' }])
  })

  it('waits by hand for working keys and for a first message, and says what is missing', async () => {
    let check: KeyCheck = 'refused'
    world.deps.setup.statsigKeys = {
      ...world.deps.setup.statsigKeys,
      server: async () => check,
    }
    await running(async () => {
      const setup = await begin('manual')
      await until(async () => (await newest()).missing !== undefined)
      expect((await newest()).missing).toMatchObject([
        { what: 'statsig.serverKey', says: expect.stringContaining('refuses') as string },
        { what: 'first_message' },
      ])
      check = 'alive'
      await setup.handle.signal('look')
      await setup.isAt('paste')
      expect((await newest()).missing?.map(({ what }) => what)).toEqual(['first_message'])
      await deliverProof(world.store, connectionId, startMs)('typed-by-hand')
      await setup.handle.signal('look')
      expect(await setup.handle.result()).toEqual({ step: 'active' })
    })
    expect(await status()).toBe('active')
  })

  it('expires by hand after a day, and leaves the connection as it was', async () => {
    await running(async () => {
      const setup = await begin('manual')
      expect(await setup.handle.result()).toEqual({ step: 'expired' })
    })
    expect(await status()).toBe('active')
  })
})
