/** Lanes `outbound` and `forward`, from the store to the sandbox's Segment and Statsig over loopback. */
import { MockActivityEnvironment } from '@temporalio/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createActivities } from '../../activities/index.ts'
import type { DrainInput, DrainResult } from '../../activities/drain.ts'
import { outboundHandlers } from '../../bin/outbound-handlers.ts'
import { createStatsigEvents } from '../../clients/statsig-events.ts'
import type { StandingLane } from '../../core/lanes.ts'
import type { AcceptedRequest, ConnectionChange } from '../../core/ports.ts'
import { ConnectionSettings } from '../../core/settings.ts'
import { serveSandbox } from '../../sandbox/serve.ts'
import { connectionId, createWorld, startMs, type World } from '../support/world.ts'

interface Segment {
  url: string
  read: <T>(path: string) => Promise<T>
  fault: (fault: object) => Promise<unknown>
  close: () => Promise<void>
}
interface Track {
  messageId: string
  event: string
  userId?: string
  anonymousId?: string
}
interface SegmentRequest {
  status: number
  messageCount: number
  headers: Record<string, string>
  envelope: { sentAt: string }
}

let world: World
let segment: Segment
let clockMs = startMs
let activities: ReturnType<typeof createActivities>

async function startSegment(): Promise<Segment> {
  let n = 0
  const { origin: url, close } = await serveSandbox({
    port: 0,
    nowMs: () => clockMs,
    newId: () => `id-${(n += 1)}`,
  })
  return {
    url,
    read: async (path) => (await (await fetch(`${url}/_sandbox${path}`)).json()) as never,
    fault: (fault) =>
      fetch(`${url}/_sandbox/faults`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(fault),
      }),
    close,
  }
}

beforeEach(async () => {
  clockMs = startMs
  segment = await startSegment()
  world = await createWorld({ clock: { nowMs: () => clockMs } })
  const statsig = createStatsigEvents({ eventsUrl: `${segment.url}/v1`, clock: world.deps.clock })
  const urls = {
    ...{ segmentTrackingUrl: `${segment.url}/v1`, segmentCdnUrl: `${segment.url}/v1` },
    statsigConsoleUrl: `${segment.url}/console/v1`,
  }
  const wayBack = outboundHandlers(world.store.connections, statsig, urls, world.deps.log)
  const handlers = { ...world.deps.handlers, ...wayBack }
  activities = createActivities({ ...world.deps, handlers, timing: { lingerMs: 0, fillMs: 0 } })
  await change({ keys: { 'segment.writeKey': 'source-server' } })
})
afterEach(async () => {
  await world.close()
  await segment.close()
})

const change = (given: ConnectionChange) => world.store.connections.update(connectionId, given, clockMs)
const set = (settings: object) => change({ settings: ConnectionSettings.parse(settings) })
const drain = (lane: StandingLane = 'outbound') =>
  new MockActivityEnvironment().run<[DrainInput], DrainResult, (input: DrainInput) => Promise<DrainResult>>(
    activities.drain,
    { connectionId, lane },
  )
const event = (n: number, rest: object = {}) => ({
  ...{ eventName: 'Bought', user: { userID: `u${n}` }, time: startMs, value: n, metadata: { sku: `s${n}` } },
  ...rest,
})
const many = (count: number, rest: object = {}) => Array.from({ length: count }, (_, n) => event(n, rest))

function log(
  events: object[],
  lanes: AcceptedRequest['lanes'] = [],
  { call = 'log_event:server', ...envelope }: { call?: string; user?: object; statsigMetadata?: object } = {},
): Promise<unknown> {
  return world.store.inbox.append({
    ...{ connectionId, receivedAtMs: clockMs, source: 'statsig_sdk', call },
    callerIp: undefined,
    body: Buffer.from(JSON.stringify({ events, ...envelope })),
    lanes: [{ lane: 'outbound', items: undefined, count: events.length, sole: true }, ...lanes],
  })
}
const messages = () => segment.read<Track[]>('/segment/messages')
const requests = () => segment.read<SegmentRequest[]>('/segment/requests')
const totals = (lane: StandingLane = 'outbound') => world.totals(lane)

describe('the outbound lane', () => {
  it('fills its requests as far as the limits allow and no further', async () => {
    for (let from = 0; from < 12_000; from += 1_000) {
      await log(Array.from({ length: 1_000 }, (_, n) => event(from + n)))
    }
    expect(await drain()).toMatchObject({ state: 'asleep', entries: 12_000 })
    const taken = await messages()
    expect(new Set(taken.map(({ messageId }) => messageId)).size).toBe(12_000)
    const bytes = taken.reduce((sum, message) => sum + Buffer.byteLength(JSON.stringify(message)) + 1, 0)
    const least = Math.max(Math.ceil(bytes / (500 * 1024)), Math.ceil(12_000 / 2_500))
    const sent = await requests()
    expect(sent.map(({ status }) => status)).toEqual(sent.map(() => 200))
    expect(sent.length).toBeLessThanOrEqual(least + 1)
    expect(await totals()).toMatchObject({ accepted: 12_000, delivered: 12_000, pending: 0 })
  })

  it('fills its requests by number where events are small', async () => {
    await log(
      Array.from({ length: 6_000 }, (_, n) => ({
        ...{ eventName: 'x', userID: String(n), time: startMs, timeUUID: String(n) },
      })),
    )
    await drain()
    expect((await requests()).map(({ messageCount }) => messageCount)).toEqual([2_500, 2_500, 1_000])
  })

  it('rejects what is too large with its size, and delivers its neighbours', async () => {
    await log([event(1), event(2, { metadata: { text: 'y'.repeat(40_000) } }), event(3)])
    await drain()
    expect((await messages()).map(({ userId }) => userId)).toEqual(['u1', 'u3'])
    const { entries } = await world.store.messages.list(connectionId, { outcome: 'rejected' }, { limit: 5 })
    expect(entries[0]).toMatchObject({
      reason: 'too_large',
      detail: expect.stringMatching(/8\d{4} bytes/) as string,
    })
  })

  it('sends an event once that comes again, and two equal ones of one request as two', async () => {
    await log([event(1), event(1)])
    await log([event(1), event(1)])
    await drain()
    expect(await messages()).toHaveLength(2)
    expect(await totals()).toMatchObject({ delivered: 2, skipped: 2 })
  })

  it('waits as long as Segment asks, and says a new sentAt at each attempt', async () => {
    await segment.fault({ target: 'segment.batch', status: 429, retryAfterSeconds: 7, times: 1 })
    await log([event(1)])
    await expect(drain()).rejects.toMatchObject({ type: 'segment.rate_limited', nextRetryDelay: 7_000 })
    clockMs += 7_000
    await drain()
    const sent = await requests()
    expect(sent.map(({ status }) => status)).toEqual([429, 200])
    expect(new Set(sent.map(({ envelope }) => envelope.sentAt)).size).toBe(2)
    expect(await messages()).toHaveLength(1)
  })

  it('halves a batch that Segment refuses until the poison event stands alone', async () => {
    await segment.fault({ target: 'segment.batch', status: 413, times: 1 })
    await log(many(4))
    await drain()
    expect((await requests()).map(({ messageCount }) => messageCount)).toEqual([4, 2, 2])
    expect(await totals()).toMatchObject({ delivered: 4 })
  })

  it('needs attention with a write key that Segment does not know, and sends nothing to it', async () => {
    await change({ keys: { 'segment.writeKey': 'unknown-key' } })
    await log(many(3))
    expect(await drain()).toMatchObject({
      state: 'needs_attention',
      reason: expect.stringContaining('Segment refuses the write key') as string,
    })
    expect(await requests()).toEqual([])
    expect(await world.lane('events')).toMatchObject({ state: 'asleep' })
    await change({ keys: { 'segment.writeKey': 'source-server' } })
    await drain()
    expect(await totals()).toMatchObject({ delivered: 3 })
  })

  it('ends skipped while there is no write key, and needs attention where it is switched on without one', async () => {
    await change({ keys: { 'segment.writeKey': null } })
    await log([event(1)])
    await drain()
    expect(await totals()).toMatchObject({ skipped: 1 })
    await set({ outbound: { enabled: true } })
    await log([event(2)])
    expect(await drain()).toMatchObject({
      state: 'needs_attention',
      reason: 'No Segment write key is set. Events are kept; set one to deliver them.',
    })
    await change({ keys: { 'segment.writeKey': 'source-server' } })
    await set({ outbound: { enabled: false } })
    await drain()
    expect(await totals()).toMatchObject({ skipped: 2, delivered: 0 })
  })

  it('rests until the full hour where batches are wanted, and sends what came before it', async () => {
    await set({ outbound: { flushEvery: 'hourly' } })
    clockMs = startMs + 60_000
    await log([event(1)])
    const hour = startMs + 3_600_000
    expect(await drain()).toMatchObject({ state: 'asleep', entries: 0, wakeInMs: 3_540_000 })
    expect(await world.lane('outbound')).toMatchObject({
      state: 'running',
      touchedAtMs: hour,
      reason: expect.stringContaining('2026-01-05T13:00:00.000Z') as string,
    })
    expect(await world.store.lanes.forsaken(hour - 1)).toEqual([])
    clockMs = hour - 1
    await log([event(2)])
    clockMs = hour
    await log([event(3)])
    expect(await drain()).toMatchObject({ state: 'asleep', entries: 2, wakeInMs: 3_600_000 })
    expect((await messages()).map(({ userId }) => userId)).toEqual(['u1', 'u2'])
    expect(await requests()).toHaveLength(1)
    await set({ outbound: {} })
    await drain()
    expect(await messages()).toHaveLength(3)
  })

  it('lets the first exposure of a unit and gate out, over requests, gates and units', async () => {
    await set({ filters: { outbound: { firstExposureOnly: true } } })
    const exposure = (user: string, gate: string, time: number) => ({
      ...{ eventName: 'statsig::gate_exposure', user: { userID: user }, time, value: null },
      metadata: { gate, gateValue: 'true', ruleID: `r${time}` },
    })
    await log([exposure('u1', 'g1', 1e12), exposure('u1', 'g1', 2e12), exposure('u1', 'g2', 1e12), event(1)])
    await drain()
    await log([exposure('u1', 'g1', 3e12), exposure('u2', 'g1', 1e12), event(1, { value: 7 })])
    await drain()
    expect((await messages()).map(({ userId, event: name }) => `${userId ?? ''} ${name}`)).toEqual([
      'u1 statsig::gate_exposure',
      'u1 statsig::gate_exposure',
      'u1 Bought',
      'u2 statsig::gate_exposure',
      'u1 Bought',
    ])
    const { entries } = await world.store.messages.list(connectionId, { outcome: 'filtered' }, { limit: 5 })
    expect(entries.map(({ reason }) => reason)).toEqual(['first_exposure', 'first_exposure'])
  })
})

describe('exposures of experiments', () => {
  const exposure = (n: number) =>
    event(n, {
      eventName: 'statsig::config_exposure',
      metadata: { config: 'button_colour', ruleID: 'group_green' },
    })
  const names = async () => (await messages()).map(({ event: name }) => name)

  it('are told from those of configs with a console key, and go out under their own name without one', async () => {
    await fetch(`${segment.url}/console/v1/experiments`, {
      method: 'POST',
      headers: { 'statsig-api-key': 'console-1' },
      body: JSON.stringify({ name: 'button_colour', groups: [{ id: 'group_green', name: 'Green' }] }),
    })
    await log([exposure(1)])
    await drain()
    await change({ keys: { 'statsig.consoleKey': 'console-1' } })
    await log([exposure(2)])
    await drain()
    expect(await names()).toEqual(['statsig::config_exposure', 'statsig::experiment_exposure'])
    const { entries } = await world.store.messages.list(connectionId, {}, { limit: 5 })
    expect(new Set(entries.map(({ event: name }) => name))).toEqual(new Set(['statsig::config_exposure']))
  })

  it('go out as the SDK named them while the Console API fails', async () => {
    await segment.fault({ target: 'statsig.console', status: 500, times: 1 })
    await change({ keys: { 'statsig.consoleKey': 'console-1' } })
    await log([exposure(1)])
    await drain()
    expect(await names()).toEqual(['statsig::config_exposure'])
  })
})

describe('the forward lane', () => {
  const whole = { lane: 'forward', items: undefined, count: 1, sole: true } as const
  const forwarded = () => segment.read<{ eventName: string }[]>('/statsig/events')

  it('sends a request on as it came, once in ten minutes', async () => {
    await set({ outbound: { forward: true } })
    await log([event(1), event(2)], [whole])
    await log([event(1), event(2)], [whole])
    await drain('forward')
    expect(await forwarded()).toEqual(JSON.parse(JSON.stringify([event(1), event(2)])))
    expect(await totals('forward')).toMatchObject({ delivered: 1, skipped: 1 })
    clockMs += 600_001
    await log([event(1), event(2)], [whole])
    await drain('forward')
    expect(await forwarded()).toHaveLength(4)
  })

  it('needs attention for a refused or missing key of the kind that the SDK used', async () => {
    await set({ outbound: { forward: true } })
    await change({ keys: { 'statsig.serverKey': 'secret-revoked' } })
    await log([event(1)], [whole])
    expect(await drain('forward')).toMatchObject({ state: 'needs_attention' })
    expect(await drain('forward')).toMatchObject({ state: 'needs_attention' })
    await change({ keys: { 'statsig.serverKey': null } })
    await change({ keys: { 'statsig.clientKey': 'client-1' } })
    expect(await drain('forward')).toMatchObject({ state: 'needs_attention' })
    await change({ keys: { 'statsig.serverKey': 'secret-good' } })
    await drain('forward')
    expect(await forwarded()).toHaveLength(1)
  })

  it("tells Statsig what a wrong clock shows by now, since the events' times are that clock's", async () => {
    await set({ outbound: { forward: true } })
    await log([event(1)], [whole], { call: 'log_event:server:86400000' })
    clockMs += 5_000
    await drain('forward')
    const seen = await segment.read<{ headers: Record<string, string> }[]>('/statsig/requests')
    expect(seen.map(({ headers }) => Number(headers['statsig-client-time']))).toEqual([clockMs - 86_400_000])
    await drain()
    const [track] = await segment.read<{ timestamp: string }[]>('/segment/messages')
    expect(track?.timestamp).toBe(new Date(startMs).toISOString())
  })

  it('skips what still waits once forwarding is off', async () => {
    await log([event(1)], [whole])
    await drain('forward')
    expect(await totals('forward')).toMatchObject({ skipped: 1 })
  })
})

describe('an erasure', () => {
  const whole = { lane: 'forward', items: undefined, count: 1, sole: true } as const
  const forwarded = () => segment.read<{ eventName: string; user?: object }[]>('/statsig/events')
  async function erase(person: object): Promise<void> {
    const { erasures } = world.store
    await erasures.create({ id: 'era_1', connectionId, person, origin: 'call', nowMs: startMs })
    while (!(await erasures.step('era_1')).done);
  }
  const ann = { userID: 'ann', customIDs: { segmentAnonymousId: 'a-1' } }
  const leaning = { ...event(1), user: undefined }

  it.each([
    ['the user id', { userId: 'ann' }],
    ['an id of the device', { anonymousId: 'a-1' }],
  ])('finds by %s whom a request names once for all its events', async (_, person) => {
    await set({ outbound: { forward: true } })
    await log([leaning, event(2)], [whole], { user: ann })
    await erase(person)
    await drain()
    await drain('forward')
    expect((await messages()).map(({ userId }) => userId)).toEqual(['u2'])
    expect(await totals()).toMatchObject({ delivered: 1, skipped: 1 })
    expect(await forwarded()).toEqual([event(2)])
    const { entries } = await world.store.messages.list(connectionId, { lane: 'outbound' }, { limit: 5 })
    const { body } = (await world.store.messages.get(entries[0]?.id ?? '')) ?? {}
    expect(body?.toString()).not.toContain('ann')
  })

  it('holds back what such a request says later of the time before it, on both ways', async () => {
    await set({ outbound: { forward: true } })
    await erase({ userId: 'ann' })
    const older = { ...leaning, time: startMs - 1 }
    await log([older, event(2)], [whole], { user: ann })
    await log([older], [whole], { user: ann })
    await drain('forward')
    await drain()
    expect(await forwarded()).toEqual([event(2)])
    expect((await messages()).map(({ userId }) => userId)).toEqual(['u2'])
    expect(await totals('forward')).toMatchObject({ delivered: 1, skipped: 1 })
    expect(await totals()).toMatchObject({ delivered: 1, skipped: 2 })
  })
})

describe('the loop guard', () => {
  it('knows what it sent to Segment when it comes back, and lets others of that library in', async () => {
    await log([event(1)])
    await drain()
    const [sent] = await messages()
    const foreign = { ...sent, messageId: 'another', event: 'Bought' }
    await world.appendMessages([{ ...sent }, foreign])
    await drain('events')
    const { entries } = await world.store.messages.list(connectionId, { lane: 'events' }, { limit: 5 })
    expect(entries.map(({ messageId, outcome, reason }) => [messageId, outcome, reason])).toEqual([
      ['another', 'delivered', undefined],
      [sent?.messageId, 'filtered', 'loop'],
    ])
  })
})
