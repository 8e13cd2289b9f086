// The judges: Statsig's own server SDKs, unchanged, evaluate a gate on a list that was synced from Segment's messages,
// through the real lane, the real ledger, the real client and the sandbox on loopback.
import { Statsig, StatsigUser } from '@statsig/statsig-node-core'
import { MockActivityEnvironment } from '@temporalio/testing'
import statsigNode from 'statsig-node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DrainInput, DrainResult } from '../../activities/drain.ts'
import { createSyncMembers, type SyncInput } from '../../activities/sync-members.ts'
import { createStatsigSegments } from '../../clients/statsig-segments.ts'
import type { SyncResult } from '../../core/audiences/details.ts'
import { serveSandbox, type RunningSandbox } from '../../sandbox/serve.ts'
import { audienceMessage } from '../support/audiences.ts'
import { connectionId, createWorld, startMs, users, type World } from '../support/world.ts'

const { StatsigServer } = statsigNode.default
const clock = { nowMs: () => Date.now() }
let sandbox: RunningSandbox
let world: World

beforeEach(async () => {
  sandbox = await serveSandbox({ port: 0, nowMs: () => Date.now() })
  world = await createWorld()
  await world.store.connections.update(connectionId, { keys: { 'statsig.consoleKey': 'console-a' } }, startMs)
})
afterEach(async () => {
  await world.close()
  await sandbox.close()
})

let saidMs = startMs - 60_000
/** Messages through the lane into the ledger, and from there to the list. */
async function say(messages: object[]): Promise<SyncResult> {
  await world.appendMessages(messages, 'audiences')
  await new MockActivityEnvironment().run<[DrainInput], DrainResult, typeof world.activities.drain>(
    world.activities.drain,
    { connectionId, lane: 'audiences' },
  )
  const segments = createStatsigSegments({ consoleUrl: `${sandbox.origin}/console/v1`, clock })
  const sync = createSyncMembers({ ...world.deps, segments, clock })
  const input = { connectionId, audience: 'vip', nowMs: startMs }
  return new MockActivityEnvironment().run<[SyncInput], SyncResult, typeof sync>(sync, input)
}
const about = (ids: string[], isMember: boolean, rest: (id: string) => object = () => ({})) => {
  saidMs += 1
  return ids.map((id) => audienceMessage(id, isMember, saidMs, rest(id)))
}

interface User {
  userID?: string
  customIDs?: Record<string, string>
}
interface Judge {
  passes: (user: User) => boolean
  reload: () => Promise<void>
  end: () => Promise<unknown>
}

async function startNode(): Promise<Judge> {
  const api = `${sandbox.origin}/v1`
  const statsig = new StatsigServer('secret-node', {
    ...{ api, apiForDownloadConfigSpecs: api, apiForGetIdLists: api, disableDiagnostics: true },
  })
  await statsig.initializeAsync()
  return {
    passes: (user) => statsig.checkGate(user as { userID: string }, 'in_vip'),
    reload: async () => {
      await statsig.syncStoreSpecs()
      await statsig.syncStoreIdLists()
    },
    end: () => statsig.shutdownAsync(),
  }
}

async function startCore(): Promise<Judge> {
  const statsig = new Statsig('secret-core', {
    specsUrl: `${sandbox.origin}/v2/download_config_specs`,
    logEventUrl: `${sandbox.origin}/v1/log_event`,
    idListsUrl: `${sandbox.origin}/v1/get_id_lists`,
    ...{ enableIdLists: true, disableCountryLookup: true, outputLogLevel: 'none' as const },
    ...{ idListsSyncIntervalMs: 1_000, specsSyncIntervalMs: 1_000 },
  })
  await statsig.initialize()
  return {
    passes: (user) => statsig.checkGate(new StatsigUser(user as { userID: string }), 'in_vip'),
    reload: () => new Promise((resolve) => setTimeout(resolve, 2_500)),
    end: () => statsig.shutdown(),
  }
}

const judges = { 'statsig-node': startNode, '@statsig/statsig-node-core': startCore }

describe.each(Object.entries(judges))('%s', (_name, start) => {
  it('passes members of a userID list, nobody else, and nobody who has left', async () => {
    expect(await say(about(users(30), true))).toMatchObject({ state: 'idle', added: 30, calls: 1 })
    const judge = await start()
    try {
      expect(['u1', 'u30', 'u31', 'U1'].map((userID) => judge.passes({ userID }))).toEqual([
        ...[true, true, false, false],
      ])
      await say([...about(['u1'], false), ...about(['u31'], true)])
      await judge.reload()
      expect(['u1', 'u2', 'u31'].map((userID) => judge.passes({ userID }))).toEqual([false, true, true])
    } finally {
      await judge.end()
    }
  })

  it('passes members of a custom-id list', async () => {
    const { origin } = sandbox
    const headers = { 'statsig-api-key': 'console-a', 'content-type': 'application/json' }
    const body = JSON.stringify({ name: 'segmentAnonymousId' })
    await fetch(`${origin}/console/v1/unit_id_types`, { method: 'POST', headers, body })
    await world.store.audiences.ensure(connectionId, 'vip', startMs, { unit: 'anonymousId' })
    const byAnonymousId = (id: string) => ({ userId: null, anonymousId: id })
    expect(await say(about(['a1', 'a2'], true, byAnonymousId))).toMatchObject({ state: 'idle', added: 2 })
    const judge = await start()
    const passes = (segmentAnonymousId: string) =>
      judge.passes({ userID: 'any', customIDs: { segmentAnonymousId } })
    try {
      expect([passes('a1'), passes('a3'), judge.passes({ userID: 'a1' })]).toEqual([true, false, false])
      await say(about(['a1'], false, byAnonymousId))
      await judge.reload()
      expect([passes('a1'), passes('a2')]).toEqual([false, true])
    } finally {
      await judge.end()
    }
  })
})

describe('syncMembers against the sandbox', () => {
  it('explains an id type that the project lacks', async () => {
    await world.store.audiences.ensure(connectionId, 'vip', startMs, { unit: 'anonymousId' })
    const result = await say(about(['a1'], true, (id) => ({ anonymousId: id })))
    expect(result).toMatchObject({ state: 'needs_attention' })
    const audience = await world.store.audiences.get(connectionId, 'vip')
    expect(audience?.reason).toMatch(/segmentAnonymousId.*unit-id-types.*Statsig says: HTTP 400/s)
    expect(result.reason).not.toMatch(/Statsig says/)
  })

  it('compares and mends a list over many pages', async () => {
    await say(about(users(25), true))
    const headers = { 'statsig-api-key': 'console-a', 'content-type': 'application/json' }
    const change = (method: string, ids: string[]) =>
      fetch(`${sandbox.origin}/console/v1/segments/vip/id_list`, {
        method,
        headers,
        body: JSON.stringify({ ids }),
      })
    await change('PATCH', ['stranger'])
    await change('DELETE', ['u3'])
    await world.store.audiences.request(connectionId, 'vip', 'reconcile')
    expect(await say([])).toMatchObject({ state: 'idle', added: 1, removed: 1 })
    const list = (await (await fetch(`${sandbox.origin}/_sandbox/statsig/id_lists/vip`)).json()) as {
      ids: string[]
    }
    expect(list.ids.sort()).toEqual(users(25).sort())
  })

  it('keeps what a revoked console key could not send, and tells the key apart from the events', async () => {
    await world.store.connections.update(
      connectionId,
      { keys: { 'statsig.consoleKey': 'console-revoked' } },
      startMs,
    )
    expect(await say(about(['u1'], true))).toMatchObject({ state: 'needs_attention', desired: 1, applied: 0 })
    expect((await world.store.connections.get(connectionId))?.status).toBe('active')
  })
})
