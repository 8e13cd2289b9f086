import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createAlertWatch } from '../../api/alert-watch.ts'
import { BridgeError } from '../../core/errors.ts'
import { createApiWorld, nowMs, type ApiWorld } from '../support/fake-deps.ts'
import { endEntries, leaseOf } from '../support/end-entries.ts'

let world: ApiWorld
beforeEach(async () => {
  world = createApiWorld()
  await world.connect('con_a')
})
afterEach(() => world.close())

const url = 'https://hooks.example.com/causeway'
const secret = 'a secret of sixteen'
const put = (body: object) => world.call('PUT', '/api/v1/alerts', body)
const read = async () => (await world.call('GET', '/api/v1/alerts')).json as Alerts
const look = () => world.deps.alertWatch.look()

interface Alerts {
  firing: { kind: string; subject: string | null }[]
  data: {
    id: string
    kind: string
    state: string
    text: string
    since: string
    delivery: { state: string }
  }[]
}
const told = async () => (await read()).data.map(({ kind, state }) => `${kind} ${state}`)
const started = () =>
  world.runs.calls.filter(({ name }) => name === 'deliverAlert').map(({ workflowId }) => workflowId)

const append = (count: number, receivedAtMs = world.clock.ms) =>
  world.store.inbox.append({
    ...{ connectionId: 'con_a', receivedAtMs, source: 'tracking', call: 'batch', callerIp: undefined },
    body: Buffer.from(JSON.stringify({ batch: Array.from({ length: count }, () => ({ type: 'track' })) })),
    lanes: [{ lane: 'events', items: undefined, count, sole: true }],
  })

const hold = async () =>
  world.store.lanes.hold(
    await leaseOf(world.store, 'con_a', 'events'),
    'needs_attention',
    'the key is refused',
    nowMs,
  )
const retry = () => world.call('POST', '/api/v1/connections/con_a/retry')

/** Ends messages, so many of them rejected. */
async function end(count: number, rejected: number): Promise<void> {
  await append(count)
  const endings = Array.from({ length: count }, (_, n) => ({
    outcome: n < rejected ? ('rejected' as const) : ('delivered' as const),
  }))
  await endEntries(world.store, 'con_a', 'events', endings)
}

describe('registerAlerts', () => {
  it('answers the settings, and never the secret', async () => {
    expect((await world.call('GET', '/api/v1/alerts')).json).toEqual({
      ...{ url: null, hasSecret: false, rejectionRateLimit: 0.1, firing: [], data: [], nextCursor: null },
      kinds: {
        needs_attention: true,
        lane_stalled: true,
        rejection_rate: true,
        guard_waiting: true,
        webhook_quiet: true,
        token_dying: true,
      },
    })
    const { status, text, json } = await put({
      url,
      secret,
      kinds: { lane_stalled: false },
      rejectionRateLimit: 0.5,
    })
    expect({ status, json }).toMatchObject({
      status: 200,
      json: {
        url,
        hasSecret: true,
        kinds: { lane_stalled: false, needs_attention: true },
        rejectionRateLimit: 0.5,
      },
    })
    expect(text + JSON.stringify(await read())).not.toContain(secret)
    expect(await world.store.alerts.openSecret()).toBe(secret)
  })

  it('keeps what a change does not name', async () => {
    await put({ url, secret, kinds: { lane_stalled: false } })
    const { json } = await put({ kinds: { rejection_rate: false } })
    expect(json).toMatchObject({
      url,
      hasSecret: true,
      kinds: { lane_stalled: false, rejection_rate: false },
    })
    expect((await put({ url: null })).json).toMatchObject({ url: null, hasSecret: true })
  })

  it('makes a secret where none was given, and shows it this once', async () => {
    const made = (await put({ url })).json as { secret: string }
    expect(made.secret).toMatch(/^whsec_/)
    expect(await world.store.alerts.openSecret()).toBe(made.secret)
    expect(await read()).not.toHaveProperty('secret')
    expect((await put({ url })).json).not.toHaveProperty('secret')
  })

  it('sends a test alert, and says where there is no URL to send it to', async () => {
    expect(await world.call('POST', '/api/v1/alerts/test')).toMatchObject({
      status: 409,
      json: { code: 'alerts_off' },
    })
    await put({ url, secret })
    const { status, json } = await world.call('POST', '/api/v1/alerts/test')
    expect({ status, json }).toMatchObject({
      status: 201,
      json: { state: 'test', delivery: { state: 'sending', attempts: 0 } },
    })
    expect(started()).toEqual([`alert:${(json as { id: string }).id}`])
  })

  it.each([
    [{ url: 'http://169.254.169.254/' }, 'url'],
    [{ url: 'http://localhost:3000/' }, 'url'],
    [{ url: 'not a url' }, 'url'],
    [{ url, secret: 'short' }, 'secret'],
    [{ rejectionRateLimit: 0 }, 'rejectionRateLimit'],
    [{ kinds: { everything: true } }, 'kinds.everything'],
  ])('refuses %j', async (body, path) => {
    expect(await put(body)).toMatchObject({ status: 422, json: { errors: [{ path }] } })
    expect((await read()) as unknown).toMatchObject({ url: null })
  })

  it('pages through what was told', async () => {
    await put({ url, secret })
    for (let n = 0; n < 3; n += 1) await world.call('POST', '/api/v1/alerts/test')
    const first = (await world.call('GET', '/api/v1/alerts?limit=2')).json as {
      data: { id: string }[]
      nextCursor: string
    }
    const second = (await world.call('GET', `/api/v1/alerts?limit=2&cursor=${first.nextCursor}`))
      .json as typeof first
    expect(new Set([...first.data, ...second.data].map(({ id }) => id)).size).toBe(3)
    expect(second.nextCursor).toBeNull()
  })
})

describe('createAlertWatch', () => {
  beforeEach(() => put({ url, secret }))

  it('tells of a lane that needs attention once, and of its recovery once', async () => {
    await hold()
    await look()
    await look()
    expect(await read()).toMatchObject({
      firing: [{ kind: 'needs_attention', connectionId: 'con_a', subject: 'events' }],
      data: [
        {
          state: 'firing',
          text: expect.stringContaining('the key is refused') as string,
          delivery: { state: 'sending' },
        },
      ],
    })
    world.clock.ms += 60_000
    await retry()
    await look()
    await look()
    const { firing, data } = await read()
    expect(firing).toEqual([])
    expect(data.map(({ state, since }) => [state, since])).toEqual([
      ['recovered', '2026-01-05T12:00:00.000Z'],
      ['firing', '2026-01-05T12:00:00.000Z'],
    ])
    expect(started()).toHaveLength(2)
  })

  it('tells of a lane in which nothing moves, but not while it is paused', async () => {
    await append(3)
    world.clock.ms += 119_000
    await look()
    expect(await told()).toEqual([])
    await world.call('PATCH', '/api/v1/connections/con_a', { paused: true })
    world.clock.ms += 10_000
    await look()
    expect(await told()).toEqual([])
    await world.call('PATCH', '/api/v1/connections/con_a', { paused: false })
    await look()
    expect(await told()).toEqual(['lane_stalled firing'])
  })

  it('tells of a rejection rate over its limit, of enough messages, and does not flutter about it', async () => {
    await end(19, 19)
    await look()
    expect(await told()).toEqual([])
    await end(1, 0)
    await look()
    expect(await told()).toEqual(['rejection_rate firing'])
    expect((await read()).data[0]?.text).toContain('19 of 20')
    await end(180, 0)
    await look()
    expect(await told()).toHaveLength(1) // 9.5 %, below the limit and not clearly so
    await end(100, 0)
    await look()
    expect(await told()).toEqual(['rejection_rate recovered', 'rejection_rate firing'])
  })

  it('says nothing of a kind that is off, not even that it is over', async () => {
    await hold()
    await look()
    await put({ kinds: { needs_attention: false } })
    await look()
    expect(await read()).toMatchObject({ firing: [], data: [{ state: 'firing' }] })
    await put({ kinds: { needs_attention: true } })
    await look()
    expect(await told()).toHaveLength(2)
  })

  it('records what there is nowhere to send, and sends none of it later', async () => {
    await put({ url: null })
    await hold()
    await look()
    await put({ url })
    await look()
    expect(await read()).toMatchObject({ data: [{ delivery: { state: 'off' } }] })
    expect(started()).toEqual([])
  })

  it('starts the run later when Temporal is away, and again when it may have been lost', async () => {
    const start = world.runs.start.bind(world.runs)
    world.runs.start = () => Promise.reject(new BridgeError('temporal_unavailable', 'away'))
    await hold()
    await look()
    expect(await read()).toMatchObject({ data: [{ delivery: { state: 'waiting' } }] })
    world.runs.start = start
    await look()
    await look()
    expect(started()).toHaveLength(1)
    world.clock.ms += 601_000
    await look()
    expect(started()).toHaveLength(2)
  })

  it('is the work of one process at a time, and of another when that one is gone', async () => {
    const other = createAlertWatch({ ...world.deps, store: world.openSecond(), owner: 'other' })
    await look()
    await hold()
    await other.look()
    expect(await told()).toEqual([])
    world.clock.ms += 31_000
    await Promise.all([other.look(), look()])
    expect(await told()).toEqual(['needs_attention firing'])
  })

  it('takes a condition that it cannot look at for neither over nor new', async () => {
    await hold()
    await look()
    const { processes } = world.store
    const allLanes = processes.allLanes.bind(processes)
    processes.allLanes = () => Promise.reject(new Error('unreadable'))
    await look()
    expect(await told()).toEqual(['needs_attention firing'])
    processes.allLanes = allLanes
    await look()
    expect(await told()).toEqual(['needs_attention firing'])
  })
})
