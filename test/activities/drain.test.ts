import { MockActivityEnvironment } from '@temporalio/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  connectionId,
  createWorld,
  ScriptedStatsig,
  startMs,
  track,
  users,
  type World,
} from '../support/world.ts'
import { createDrain, type DrainInput, type DrainResult } from '../../activities/drain.ts'
import { BridgeError } from '../../core/errors.ts'

type Drain = (input: DrainInput) => Promise<DrainResult>

let world: World

const drain = (environment = new MockActivityEnvironment()): Promise<DrainResult> =>
  environment.run<[DrainInput], DrainResult, Drain>(world.activities.drain, {
    connectionId,
    lane: 'events',
  })

const outcomes = async (): Promise<Record<string, string>> => {
  const { entries } = await world.store.messages.list(connectionId, {}, { limit: 500 })
  return Object.fromEntries<string>(
    entries.map(({ messageId = '', outcome, reason }) => [
      messageId,
      reason === undefined ? outcome : `${outcome}: ${reason}`,
    ]),
  )
}

beforeEach(async () => {
  world = await createWorld()
})
afterEach(async () => {
  await world.close()
})

describe('drain', () => {
  it('delivers what was appended, in order, and puts the lane to sleep', async () => {
    await world.append(users(2500))
    expect(await drain()).toEqual({ state: 'asleep', entries: 2500, cursor: 2500 })
    expect(world.statsig.taken()).toEqual(users(2500))
    expect(world.statsig.requests.map(({ events }) => events.length)).toEqual([1000, 1000, 500])
    expect(await world.totals()).toMatchObject({ accepted: 2500, delivered: 2500, pending: 0 })
    expect(await world.lane()).toMatchObject({ state: 'asleep', pending: 0 })
  })

  it('sends nothing twice when a messageId comes again, in the same request or another', async () => {
    await world.append(['a', 'b', 'a'])
    await world.append(['b', 'c'])
    await drain()
    expect(world.statsig.taken()).toEqual(['a', 'b', 'c'])
    expect(await world.totals()).toMatchObject({ delivered: 3, skipped: 2 })
  })

  it('ends a bad message as rejected with its place and delivers its neighbours', async () => {
    await world.appendMessages([track('a'), { type: 'track', userId: 'b', messageId: 'm-b' }, track('c')])
    await drain()
    expect(world.statsig.taken()).toEqual(['a', 'c'])
    const { entries } = await world.store.messages.list(connectionId, { messageId: 'm-b' }, { limit: 1 })
    expect(entries[0]).toMatchObject({ outcome: 'rejected', path: 'event' })
  })

  it('halves a refused batch until the poison event stands alone', async () => {
    world.statsig.script = ({ events }) => (events.some(({ user }) => user.userID === 'u3') ? 400 : 202)
    await world.append(users(8))
    await drain()
    expect(world.statsig.taken()).toEqual(users(8).filter((id) => id !== 'u3'))
    expect(await outcomes()).toMatchObject({
      'm-u2': 'delivered',
      'm-u3': 'rejected: vendor_refused',
      'm-u4': 'delivered',
    })
    expect(await world.totals()).toMatchObject({ delivered: 7, rejected: 1 })
  })

  it('finds the poison event also where the vendor fails every fourth request', async () => {
    world.statsig.script = ({ events, index }) => {
      if (index % 4 === 3) return 503
      return events.some(({ user }) => user.userID === 'u500') ? 400 : 202
    }
    await world.append(users(1_000))
    for (let stint = 0; stint < 40 && (await world.lane()).pending > 0; stint += 1)
      await drain().catch(() => undefined)
    expect(await world.totals()).toMatchObject({ delivered: 999, rejected: 1, pending: 0 })
    // Ten halvings to find it, as many parts to deliver, and a third more for the faults.
    expect(world.statsig.requests.length).toBeLessThan(40)
  })

  it('gives the id of a refused event back, so that a corrected message may come', async () => {
    world.statsig.script = ({ index }) => (index === 0 ? 400 : 202)
    await world.append(['a'])
    await drain()
    await world.append(['a'])
    await drain()
    expect(world.statsig.taken()).toEqual(['a'])
    expect(await world.totals()).toMatchObject({ rejected: 1, delivered: 1 })
  })

  it('halves a batch that is too large and delivers its parts', async () => {
    world.statsig.script = ({ events }) => (events.length > 3 ? 413 : 202)
    await world.append(users(10))
    await drain()
    expect(world.statsig.taken()).toEqual(users(10))
    expect(await world.totals()).toMatchObject({ delivered: 10 })
  })

  it('holds the lane when one event after another is refused, and keeps the rest', async () => {
    world.statsig.script = () => 400
    await world.append(users(300))
    expect(await drain()).toMatchObject({ state: 'needs_attention', entries: 100 })
    expect(await world.totals()).toMatchObject({ rejected: 100, pending: 200 })
  })

  it.each([401, 403])('needs attention after one attempt when the key is refused with %i', async (status) => {
    world.statsig.script = () => status
    await world.append(users(5))
    expect(await drain()).toMatchObject({ state: 'needs_attention', entries: 0 })
    expect(world.statsig.requests).toHaveLength(1)
    expect(await world.lane()).toMatchObject({ state: 'needs_attention', pending: 5 })
    expect(await world.store.connections.get(connectionId)).toMatchObject({ status: 'needs_attention' })
    expect(await drain()).toMatchObject({ state: 'needs_attention' })
    expect(world.statsig.requests).toHaveLength(1)
  })

  it('delivers the backlog with the new key once it is replaced', async () => {
    world.statsig.script = ({ key }) => (key === 'secret-new' ? 202 : 401)
    await world.append(users(5))
    await drain()
    await world.store.connections.update(
      connectionId,
      { keys: { 'statsig.serverKey': 'secret-new' } },
      startMs,
    )
    expect(await drain()).toMatchObject({ state: 'asleep', entries: 5 })
    expect(world.statsig.taken()).toEqual(users(5))
    expect(await world.store.connections.get(connectionId)).toMatchObject({ status: 'active' })
  })

  it.each([
    [503, 'statsig.unavailable'],
    [500, 'statsig.unavailable'],
    [302, 'statsig.unavailable'],
    [429, 'statsig.rate_limited'],
  ])('fails retryably when Statsig answers %i, and keeps everything', async (status, type) => {
    world.statsig.script = () => status
    await world.append(users(3))
    await expect(drain()).rejects.toMatchObject({ type, nonRetryable: false })
    expect(await world.totals()).toMatchObject({ pending: 3, delivered: 0 })
    expect(await world.lane()).toMatchObject({
      reason: `Statsig answers HTTP ${status}; delivery is tried again.`,
    })
  })

  it('asks Temporal to wait as long as Retry-After says', async () => {
    world.statsig.script = () => ({ status: 429, retryAfterMs: 17_000 })
    await world.append(users(1))
    await expect(drain()).rejects.toMatchObject({ nextRetryDelay: 17_000 })
  })

  it('takes a 2xx that says success:false for an outage', async () => {
    world.statsig.script = () => ({ status: 202, text: '{"success":false}' })
    await world.append(users(1))
    await expect(drain()).rejects.toMatchObject({ type: 'statsig.unavailable' })
  })

  it('starts its patience anew when something was delivered before the fault', async () => {
    world.statsig.script = ({ index }) => (index === 0 ? 202 : 503)
    await world.append(users(1500))
    expect(await drain()).toMatchObject({ state: 'more', entries: 1000 })
    expect(await world.totals()).toMatchObject({ delivered: 1000, pending: 500 })
  })

  it('sends nothing while the connection is paused, and everything after', async () => {
    await world.store.connections.update(connectionId, { paused: true }, startMs)
    await world.append(users(3))
    expect(await drain()).toMatchObject({ state: 'paused' })
    expect(world.statsig.requests).toHaveLength(0)
    await world.store.connections.update(connectionId, { paused: false }, startMs)
    expect(await drain()).toMatchObject({ state: 'asleep', entries: 3 })
  })

  it('stops between two batches when the lane is paused meanwhile', async () => {
    world.statsig.script = () => {
      void world.store.connections.update(connectionId, { lanePauses: { events: true } }, startMs)
      return 202
    }
    await world.append(users(1500))
    expect(await drain()).toMatchObject({ state: 'paused', entries: 1000 })
    expect(await world.lane()).toMatchObject({ state: 'paused', pending: 500 })
  })

  it('writes nothing and sends no more once another drain has taken the lane', async () => {
    const other = new ScriptedStatsig()
    world.statsig.script = ({ index }) => {
      if (index === 0) void world.store.lanes.open(connectionId, 'events', startMs)
      return 202
    }
    await world.append(users(2000))
    await expect(drain()).rejects.toMatchObject({ type: 'lane_lost' })
    expect(world.statsig.requests).toHaveLength(1)
    expect(other.requests).toHaveLength(0)
    expect(await world.totals()).toMatchObject({ delivered: 0, pending: 2000 })
  })

  it('needs attention without a server key and keeps what comes', async () => {
    await world.store.connections.update(connectionId, { keys: { 'statsig.serverKey': null } }, startMs)
    await world.append(users(2))
    expect(await drain()).toMatchObject({ state: 'needs_attention' })
    expect(await world.totals()).toMatchObject({ pending: 2 })
  })

  it('finishes the request in flight and commits it when its worker shuts down', async () => {
    const environment = new MockActivityEnvironment()
    world.statsig.script = ({ index }) => {
      if (index === 0) environment.cancel('WORKER_SHUTDOWN')
      return 202
    }
    await world.append(users(3000))
    expect(await drain(environment)).toEqual({ state: 'more', entries: 1000, cursor: 1000 })
    expect(await world.totals()).toMatchObject({ delivered: 1000, pending: 2000 })
  })

  it('ends with the cancellation when it is cancelled', async () => {
    const environment = new MockActivityEnvironment()
    world.statsig.script = () => {
      environment.cancel('CANCELLED')
      return 202
    }
    await world.append(users(3000))
    await expect(drain(environment)).rejects.toThrow('CANCELLED')
    expect(world.statsig.requests).toHaveLength(1)
  })

  it('sends again what was seen before while duplicatesUntil lies ahead', async () => {
    await world.append(['a'])
    await drain()
    const connection = await world.store.connections.get(connectionId)
    if (!connection) throw new Error('gone')
    const duplicatesUntil = new Date(startMs + 60_000).toISOString()
    const settings = { ...connection.settings, inbound: { ...connection.settings.inbound, duplicatesUntil } }
    await world.store.connections.update(connectionId, { settings }, startMs)
    await world.append(['a'])
    await drain()
    expect(world.statsig.taken()).toEqual(['a', 'a'])
  })

  it('ends what was older than seven days at its receipt as too old, however long it waited since', async () => {
    const day = 86_400_000
    const aged = (userId: string, days: number) =>
      track(userId, { timestamp: new Date(startMs - days * day).toISOString() })
    await world.appendMessages([aged('fresh', 6.9), aged('old', 7.1)])
    await drain()
    expect(world.statsig.taken()).toEqual(['fresh'])
    expect(await outcomes()).toEqual({ 'm-fresh': 'delivered', 'm-old': 'skipped: too_old' })
  })

  it('tries again when the refused key was replaced while the request was on its way', async () => {
    world.statsig.script = ({ key }) => {
      if (key === 'secret-new') return 202
      void world.store.connections.update(
        connectionId,
        { keys: { 'statsig.serverKey': 'secret-new' } },
        startMs,
      )
      return 401
    }
    await world.append(users(2))
    await expect(drain()).rejects.toMatchObject({ type: 'statsig.unavailable' })
    expect(await drain()).toMatchObject({ state: 'asleep', entries: 2 })
    const { entries } = await world.store.messages.list(connectionId, {}, { limit: 1 })
    const story = await world.store.messages.get(entries[0]?.id ?? '')
    expect(story?.attempts.map(({ status }) => status)).toEqual([401, 202])
  })

  it('holds the lane when events are refused one by one over many small runs', async () => {
    world.statsig.script = () => 400
    let last: DrainResult | undefined
    for (let round = 0; round < 10 && last?.state !== 'needs_attention'; round += 1) {
      await world.append(users(60, round * 60 + 1))
      last = await drain()
    }
    expect(last).toMatchObject({ state: 'needs_attention' })
    expect(await world.totals()).toMatchObject({ rejected: 100, pending: 20 })
  })

  it('waits with the outcome while the database is busy, instead of sending again', async () => {
    const { lanes } = world.deps
    let busy = 1
    const patient = createDrain({
      ...world.deps,
      lanes: {
        ...lanes,
        commit: (lease, done) =>
          busy-- > 0 ? Promise.reject(new BridgeError('store_busy', 'held')) : lanes.commit(lease, done),
      },
    })
    await world.append(users(5))
    const environment = new MockActivityEnvironment()
    await environment.run<[DrainInput], DrainResult, Drain>(patient, { connectionId, lane: 'events' })
    expect(world.statsig.requests).toHaveLength(1)
    expect(await world.totals()).toMatchObject({ delivered: 5, pending: 0 })
  })

  it('lets a message come again that was held back after its id was claimed', async () => {
    world.statsig.script = () => 503
    await world.append(['a'])
    await expect(drain()).rejects.toMatchObject({ type: 'statsig.unavailable' })
    const types = async (isOn: boolean) => {
      const { settings } = (await world.store.connections.get(connectionId)) ?? {}
      if (!settings) throw new Error('gone')
      const changed = { ...settings, types: { ...settings.types, track: isOn } }
      await world.store.connections.update(connectionId, { settings: changed }, startMs)
    }
    await types(false)
    await drain()
    await types(true)
    world.statsig.script = () => 202
    await world.append(['a'])
    await drain()
    expect(world.statsig.taken()).toEqual(['a'])
    expect(await world.totals()).toMatchObject({ skipped: 1, delivered: 1 })
  })

  it('starts no further request of a refused batch when its worker shuts down, and keeps the attempt', async () => {
    const environment = new MockActivityEnvironment()
    world.statsig.script = () => {
      environment.cancel('WORKER_SHUTDOWN')
      return 400
    }
    await world.append(users(8))
    expect(await drain(environment)).toMatchObject({ state: 'more', entries: 0 })
    expect(world.statsig.requests).toHaveLength(1)
    const { entries } = await world.store.messages.list(connectionId, {}, { limit: 1 })
    const story = await world.store.messages.get(entries[0]?.id ?? '')
    expect(story?.attempts.map(({ status }) => status)).toEqual([400])
  })

  it('does not hold the lane for a key that was replaced in the moment of the hold', async () => {
    const { lanes } = world.deps
    const raced = createDrain({
      ...world.deps,
      lanes: {
        ...lanes,
        async hold(...held) {
          await world.store.connections.update(
            connectionId,
            { keys: { 'statsig.serverKey': 'secret-new' } },
            startMs,
          )
          await lanes.hold(...held)
        },
      },
    })
    world.statsig.script = ({ key }) => (key === 'secret-new' ? 202 : 401)
    await world.append(users(2))
    const environment = new MockActivityEnvironment()
    await environment.run<[DrainInput], DrainResult, Drain>(raced, { connectionId, lane: 'events' })
    expect(await world.lane()).toMatchObject({ state: 'asleep', pending: 2 })
    expect(await world.store.connections.get(connectionId)).toMatchObject({ status: 'active' })
  })
})
