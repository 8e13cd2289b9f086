// Segment's own libraries, unmodified, against the product as `npm start` runs it.
import { Analytics } from '@segment/analytics-node'
import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest'
import { startCauseway, waitFor, type Causeway, type Stats } from '../causeway.ts'
import { beaconAtClose, browserClient, runInPage } from './browser.ts'
import type { Client } from './client.ts'
import { startFaultProxy, type Fault, type FaultProxy } from './fault-proxy.ts'
import { goClient } from './go.ts'
import { nodeClient } from './node.ts'
import { pythonClient } from './python.ts'

interface Entry {
  id: string
  messageId: string
  lane: string
  type: string
  event?: string
  outcome: string
  reason?: string
}
interface StatsigEvent {
  eventName: string
  value?: number
  user: Record<string, unknown>
  metadata?: Record<string, string>
}

const browser = browserClient()
const clients: Client[] = [nodeClient(), pythonClient(), goClient(), browser]
/** Why a client cannot run on this machine. */
const missing = new Map<Client, string>()
const proxies: FaultProxy[] = []
let started: Promise<Causeway>
let causeway: Causeway

beforeAll(async () => {
  started = startCauseway()
  const prepared = clients.map(async (client) => {
    const why = await client.prepare()
    if (why !== undefined) missing.set(client, why)
  })
  causeway = await started
  await Promise.all(prepared)
}, 600_000)
afterAll(async () => {
  await Promise.all([...clients.map((client) => client.close?.()), ...proxies.map((proxy) => proxy.close())])
  const running = await started
  await running.stop()
  running.cleanUp()
}, 60_000)

function skipIfMissing({ skip }: TestContext, client: Client): void {
  const why = missing.get(client)
  if (why !== undefined) skip(`${client.name} is not tested here: ${why}`)
}

async function connect(): Promise<{ id: string; writeKey: string }> {
  const serverKey = `secret-client-${(connections += 1)}`
  return causeway.api('POST', '/connections', { name: serverKey, statsig: { serverKey } })
}
let connections = 0

async function proxyWith(faults: Fault[] = []): Promise<FaultProxy> {
  const proxy = await startFaultProxy(causeway.url, faults)
  proxies.push(proxy)
  return proxy
}

/** Every entry of a connection once none is pending any more. */
async function ended(id: string, isComplete: (entries: Entry[]) => boolean, timeoutMs = 30_000) {
  let entries: Entry[] = []
  const say = () =>
    `not complete: ${JSON.stringify(entries.map(({ event, type, outcome }) => [type, event, outcome]))}`
  await waitFor(
    async () => {
      const found = await causeway.api<{ data: Entry[] }>('GET', `/connections/${id}/messages?limit=500`)
      entries = found.data
      return entries.every(({ outcome }) => outcome !== 'pending') && isComplete(entries)
    },
    timeoutMs,
    say,
  )
  return entries
}

/** What arrived at Statsig of one event name. The sandbox has one project for all keys, so a name is one test's. */
async function arrived(name: string): Promise<StatsigEvent[]> {
  const events = await causeway.sandbox<StatsigEvent[]>('GET', '/statsig/events')
  return events.filter(({ eventName }) => eventName === `segment::${name}`)
}

const verdictOf = ({ type, event, outcome, reason }: Entry) =>
  [type, event, outcome, reason].filter((part) => part !== undefined).join(' ')

const stream = { kind: 'stream', everyMs: 20 } as const

const totalsOf = async (id: string) =>
  (await causeway.api<Stats>('GET', `/connections/${id}/stats`)).inbound.totals

/** Each of `count` streamed messages is delivered, once, whatever the client had to send again. */
async function expectEachOnce(id: string, name: string, count: number, timeoutMs: number): Promise<void> {
  const isComplete = async () => {
    const { delivered, pending } = await totalsOf(id)
    return pending === 0 && delivered >= count
  }
  await waitFor(isComplete, timeoutMs, () => `not all of "${name}" were delivered`)
  const { delivered, rejected, filtered } = await totalsOf(id)
  expect({ delivered, rejected, filtered }).toEqual({ delivered: count, rejected: 0, filtered: 0 })
  const seen = (await arrived(name)).map(({ metadata }) => Number(metadata?.n)).sort((a, b) => a - b)
  expect(seen).toEqual(Array.from({ length: count }, (_, n) => n))
}

/** By client: the requests that its nine calls make, and what of its own it says of a user. */
const wire: Record<string, { requests: string[]; user: object }> = {
  '@segment/analytics-node 3.1.0': { requests: ['POST /v1/batch application/json'], user: {} },
  'segment-analytics-python 2.4.0': { requests: ['POST /v1/batch application/json gzip'], user: {} },
  // The library puts its context beside the batch, once for all messages.
  'analytics-go v3.3.0': { requests: ['POST /v1/batch application/json'], user: { appVersion: '4.5.6' } },
  '@segment/analytics-next 1.84.3': {
    requests: ['t', 'i', 'p', 's', 'g', 'a'].map((short) => `POST /v1/${short} text/plain`),
    user: { ip: '127.0.0.1', userAgent: expect.stringContaining('Chrome/147') as string },
  },
}

describe.concurrent.each(clients)('$name', (client) => {
  it('sends every call; each is mapped and has its outcome', async (context) => {
    skipIfMissing(context, client)
    const { id, writeKey } = await connect()
    const proxy = await proxyWith()
    const name = `user-of-${id}`
    await client.run({ host: proxy.url, writeKey, kind: 'calls', name, count: 0, everyMs: 0 })
    const entries = await ended(id, ({ length }) => length >= 9)
    expect(entries.map(verdictOf).sort()).toEqual([
      'alias skipped type_off',
      'group delivered',
      'identify skipped identify_without_audience',
      'page Home delivered',
      'screen Main delivered',
      'track Anonymous delivered',
      'track Kept Away filtered integrations',
      'track Let In delivered',
      'track Order Completed delivered',
    ])

    const said = (header: string | undefined) => (header === undefined ? '' : ` ${header}`)
    const requests = proxy.seen
      .filter(({ method }) => method === 'POST')
      .map(
        ({ method, path, headers }) =>
          `${method} ${path}${said(headers['content-type'])}${said(headers['content-encoding'])}`,
      )
    const { requests: expected, user } = wire[client.name] ?? { requests: [], user: {} }
    expect([...new Set(requests)].sort()).toEqual([...expected].sort())

    const ids = { userID: name, customIDs: { segmentAnonymousId: `${name}-device` } }
    const of = async (event: string) => (await arrived(event)).filter((one) => one.user.userID === name)
    expect(await of('Order Completed')).toMatchObject([
      { value: 19.99, user: { ...ids, ...user }, metadata: { revenue: '19.99', nested_a: '1' } },
    ])
    expect(await of('page')).toMatchObject([{ user: ids, metadata: { name: 'Home' } }])
    expect(await of('screen')).toMatchObject([{ user: ids, metadata: { name: 'Main' } }])
    expect(await of('group')).toMatchObject([{ user: ids, value: 'g1' }])
    expect(await of('Let In')).toHaveLength(1)
    expect(await of('Kept Away')).toEqual([])
    const strangers = (await arrived('Anonymous')).filter(
      ({ user: { customIDs } }) => JSON.stringify(customIDs) === `{"segmentAnonymousId":"${name}-stranger"}`,
    )
    expect(strangers).toHaveLength(1)
    expect(strangers[0]?.user).not.toHaveProperty('userID')
  }, 60_000)

  it('loses and repeats nothing while we refuse, break and vanish, with and without having accepted', async (context) => {
    skipIfMissing(context, client)
    const { id, writeKey } = await connect()
    const proxy = await proxyWith(['refuse', 'cut', 'cut-after', 'break', 'cut-after'])
    const name = `Through faults of ${id}`
    await client.run({ ...stream, host: proxy.url, writeKey, name, count: 50 })
    await expectEachOnce(id, name, 50, 40_000)
    expect(proxy.seen.filter(({ fault }) => fault !== undefined)).toHaveLength(5)
    // What was accepted before the cut comes again, and is known again.
    await waitFor(async () => (await totalsOf(id)).skipped > 0, 20_000)
    const { accepted, delivered, skipped } = await totalsOf(id)
    expect(accepted).toBe(delivered + skipped)
    expect(await arrived(name)).toHaveLength(50)
  }, 60_000)
})

describe('an api that is killed twice while every client sends', () => {
  it('comes back, and each message of each client is delivered once', async () => {
    const here = clients.filter((client) => !missing.has(client))
    const sending = here.map(async (client) => {
      const { id, writeKey } = await connect()
      const name = `Through kills of ${id}`
      await client.run({ ...stream, host: causeway.url, writeKey, name, count: 200 })
      return { id, name }
    })
    for (let kill = 0; kill < 2; kill += 1) {
      await new Promise((resolve) => setTimeout(resolve, 1_500))
      const pid = causeway.kill9('bin/api')
      await waitFor(() => ![undefined, pid].includes(causeway.pidOf('bin/api')), 20_000)
    }
    for (const { id, name } of await Promise.all(sending)) await expectEachOnce(id, name, 200, 60_000)
  }, 120_000)
})

describe('a page of another origin', () => {
  it('may read our answers on the tracking paths, and on no other', async (context) => {
    skipIfMissing(context, browser)
    const page = await browser.open()
    const read = (path: string, method: string) =>
      page.evaluate(
        (said) =>
          fetch(said.url, { method: said.method, body: said.method === 'POST' ? '{}' : null }).then(
            (r) => r.status,
            String,
          ),
        { url: causeway.url + path, method },
      )
    expect(await read('/v1/t', 'POST')).toBe(401)
    expect(await read('/healthz', 'GET')).toBe('TypeError: Failed to fetch')
    expect(await read('/api/v1/connections', 'GET')).toBe('TypeError: Failed to fetch')
  })

  it('hands over by the batching strategy what it holds when it is left', async (context) => {
    skipIfMissing(context, browser)
    const { id, writeKey } = await connect()
    const proxy = await proxyWith()
    const name = `At the close of ${id}`
    const page = await browser.open()
    const deliveryStrategy = { strategy: 'batching', config: { size: 100, timeout: 60_000 } }
    await runInPage(page, {
      ...stream,
      everyMs: 0,
      host: proxy.url,
      writeKey,
      name,
      count: 20,
      deliveryStrategy,
    })
    expect(proxy.seen).toEqual([])
    await page.goto('about:blank')
    await expectEachOnce(id, name, 20, 20_000)
    expect(new Set(proxy.seen.map(({ path }) => path))).toEqual(new Set(['/v1/b']))
  }, 60_000)

  it('may leave a beacon behind: text, without a header', async (context) => {
    skipIfMissing(context, browser)
    const { id, writeKey } = await connect()
    const proxy = await proxyWith()
    const name = `Beacon of ${id}`
    const page = await browser.open()
    await beaconAtClose(page, { host: proxy.url, writeKey, name })
    await page.close({ runBeforeUnload: false })
    await expectEachOnce(id, name, 1, 20_000)
    expect(proxy.seen).toMatchObject([
      { method: 'POST', path: '/v1/t', headers: { 'content-type': 'text/plain;charset=UTF-8' } },
    ])
  }, 60_000)
})

describe('the Node library with a large flushAt', () => {
  it('sends over twice what Segment takes in one request, and nothing of it is lost', async () => {
    const { id, writeKey } = await connect()
    const proxy = await proxyWith()
    const name = `Large batch of ${id}`
    const analytics = new Analytics({ writeKey, host: proxy.url, flushAt: 60, flushInterval: 60_000 })
    for (let n = 0; n < 60; n += 1)
      analytics.track({ userId: `u${n}`, event: name, properties: { n, text: 'x'.repeat(20_000) } })
    await analytics.closeAndFlush()
    await expectEachOnce(id, name, 60, 20_000)
    expect(proxy.seen.map(({ headers }) => Number(headers['content-length']) > 1_000_000)).toEqual([true])
  }, 60_000)
})

describe('messages of the past', () => {
  it('go by the late lane and its own worker, once, unless a repeat is meant; those of over a week ago go nowhere', async () => {
    const { id, writeKey } = await connect()
    const name = `Past of ${id}`
    const hour = 3_600_000
    const send = async (messageId: string, ageMs: number) => {
      const analytics = new Analytics({ writeKey, host: causeway.url })
      const timestamp = new Date(Date.now() - ageMs)
      analytics.track({ userId: 'u1', event: name, timestamp, messageId, properties: { messageId } })
      await analytics.closeAndFlush()
    }
    const verdicts = async (count: number) => {
      const entries = await ended(id, ({ length }) => length === count)
      return entries
        .map(({ messageId, lane, outcome, reason = '' }) =>
          `${messageId}: ${lane} ${outcome} ${reason}`.trim(),
        )
        .sort()
    }
    await send('two-hours', 2 * hour)
    await send('six-days', 6 * 24 * hour)
    await send('eight-days', 8 * 24 * hour)
    expect(await verdicts(3)).toEqual([
      'eight-days: late skipped too_old',
      'six-days: late delivered',
      'two-hours: late delivered',
    ])
    // As a Segment Replay does: the same messages again.
    await send('two-hours', 2 * hour)
    expect(await verdicts(4)).toContain('two-hours: late skipped duplicate')
    const duplicatesUntil = new Date(Date.now() + hour).toISOString()
    await causeway.api('PATCH', `/connections/${id}`, { inbound: { duplicatesUntil } })
    await send('two-hours', 2 * hour)
    expect((await verdicts(5)).filter((verdict) => verdict.endsWith('delivered'))).toHaveLength(3)
    const times = (await arrived(name)).map(({ metadata }) => metadata?.messageId).sort()
    expect(times).toEqual(['six-days', 'two-hours', 'two-hours'])
  }, 60_000)
})

describe("Segment's webhook destination", () => {
  it('delivers signed messages in each of its forms; each has its outcome, also one that is off', async () => {
    const sharedSecret = 'shared-secret'
    const { id, webhookUrl } = await causeway.api<{ id: string; webhookUrl: string }>(
      'POST',
      '/connections',
      {
        name: 'Webhook',
        statsig: { serverKey: 'secret-webhook' },
        segment: { sharedSecret },
      },
    )
    const at = new Date().toISOString()
    const message = (messageId: string, rest: object) => ({
      ...{ type: 'track', event: 'Hooked', userId: `user-of-${id}`, timestamp: at, originalTimestamp: at },
      ...{ messageId, receivedAt: at, sentAt: null, integrations: { All: false, Webhooks: true }, ...rest },
    })
    const deliver = async (body: unknown, signed: unknown) => {
      const signature = createHmac('sha1', sharedSecret).update(JSON.stringify(signed)).digest('hex')
      const response = await fetch(webhookUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-signature': signature },
        body: JSON.stringify(body),
      })
      return response.status
    }
    const alone = message('alone', { properties: { n: 0 } })
    const [first, alias] = [message('first', { properties: { n: 1 } }), message('alias', { type: 'alias' })]
    const [wrapped, deletion] = [
      message('wrapped', { properties: { n: 2 } }),
      message('gone', { type: 'delete' }),
    ]
    expect(await deliver(alone, alone)).toBe(200)
    // A second mapping of the destination matched the same message.
    expect(await deliver(alone, alone)).toBe(200)
    expect(await deliver([first, alias], first)).toBe(200)
    expect(await deliver([{ json: wrapped }, { json: deletion }], wrapped)).toBe(200)
    expect(await deliver([alias, first], first)).toBe(401)

    const entries = await ended(id, ({ length }) => length >= 6)
    expect(entries.map((entry) => `${entry.messageId}: ${verdictOf(entry)}`).sort()).toEqual([
      'alias: alias Hooked skipped type_off',
      'alone: track Hooked delivered',
      'alone: track Hooked skipped duplicate',
      'first: track Hooked delivered',
      'gone: delete Hooked skipped internal',
      'wrapped: track Hooked delivered',
    ])
    expect((await arrived('Hooked')).map(({ metadata }) => metadata?.n).sort()).toEqual(['0', '1', '2'])
  }, 60_000)
})
