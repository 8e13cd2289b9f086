import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createApiWorld, type ApiWorld } from '../support/fake-deps.ts'

const event = { eventName: 'Bought', user: { userID: 'u1' }, time: 1_767_225_600_000 }
const batch = JSON.stringify({ events: [event, event], statsigMetadata: { stableID: 'st-1' } })

let world: ApiWorld
beforeEach(async () => {
  world = createApiWorld()
  await world.connect('con_1', { keys: { 'statsig.serverKey': 'secret-1', 'statsig.clientKey': 'client-1' } })
  await world.connect('con_2', { keys: { 'statsig.consoleKey': 'console-2' } })
})
afterEach(() => world.close())

const post = (path: string, body: string | Buffer, headers: Record<string, string> = {}) =>
  world.app.request(path, { method: 'POST', headers, body: new Uint8Array(Buffer.from(body)) })
const server = { 'statsig-api-key': 'secret-1' }
const pending = async (lane: string) =>
  (await world.store.connections.lanes('con_1')).find((row) => row.lane === lane)?.pending

/** A zstd frame of one block as it is: RFC 8878, 3.1.1. */
function zstd(text: string): Buffer {
  const body = Buffer.from(text)
  const block = (body.length << 3) | 1
  return Buffer.from([
    0x28,
    0xb5,
    0x2f,
    0xfd,
    0,
    0x50,
    block & 0xff,
    (block >> 8) & 0xff,
    block >> 16,
    ...body,
  ])
}

describe('POST /v1/log_event and /v1/rgstr answer', () => {
  it('202 as Statsig does, with the events on disk', async () => {
    for (const path of ['/v1/log_event', '/v1/rgstr', '/v1/log_event/']) {
      const answer = await post(path, batch, server)
      expect([answer.status, await answer.json()]).toEqual([202, { success: true }])
    }
    expect(await pending('outbound')).toBe(6)
    expect(await pending('forward')).toBe(0)
  })
  it('202 to a client key in the query, with text/plain and CORS', async () => {
    const headers = { origin: 'http://shop.test', 'content-type': 'text/plain;charset=UTF-8' }
    const answer = await post('/v1/rgstr?k=client-1&st=javascript-client&ec=2', batch, headers)
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([202, '*'])
    expect(await pending('outbound')).toBe(2)
  })
  it('202 to gzip by header and by gz=1, and to zstd', async () => {
    expect(
      (await post('/v1/log_event', gzipSync(batch), { ...server, 'content-encoding': 'gzip' })).status,
    ).toBe(202)
    expect((await post('/v1/rgstr?k=client-1&gz=1', gzipSync(batch))).status).toBe(202)
    expect((await post('/v1/log_event', zstd(batch), { ...server, 'content-encoding': 'zstd' })).status).toBe(
      202,
    )
    expect(await pending('outbound')).toBe(6)
  })
  it('a preflight with what the browser SDK asks for', async () => {
    const answer = await world.app.request('/v1/rgstr?k=client-1', {
      method: 'OPTIONS',
      headers: {
        origin: 'http://shop.test',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'statsig-event-count,statsig-retry-count,statsig-sdk-type',
      },
    })
    expect(answer.status).toBe(204)
    expect(answer.headers.get('access-control-allow-headers')).toContain('statsig-retry-count')
  })
  it('202 with how wrong the clock of its sender is, by header or query, in the memory of the request', async () => {
    const nowMs = world.deps.clock.nowMs()
    const say = (clientTime: number) => ({ ...server, 'statsig-client-time': String(clientTime) })
    await post('/v1/log_event', batch, say(nowMs - 86_400_000))
    await post(`/v1/rgstr?k=client-1&t=${nowMs + 60_000}`, batch)
    await post('/v1/log_event', batch, say(nowMs - 900))
    await post('/v1/log_event', batch, { ...server, 'statsig-client-time': 'noon' })
    const { entries } = await world.store.messages.list('con_1', { lane: 'outbound' }, { limit: 10 })
    const stories = await Promise.all(entries.map(({ id }) => world.store.messages.get(id)))
    expect(stories.map((story) => story?.row.call).reverse()).toEqual(
      ['log_event:server:86400000', 'rgstr:client:-60000', 'log_event:server', 'log_event:server'].flatMap(
        (call) => [call, call],
      ),
    )
  })
  it('202 to no events, and stores nothing', async () => {
    expect((await post('/v1/log_event', '{"events":[]}', server)).status).toBe(202)
    expect(await pending('outbound')).toBe(0)
  })
  it('with the whole request as one more entry where the connection forwards', async () => {
    await world.call('PATCH', '/api/v1/connections/con_1', { outbound: { forward: true } })
    expect((await post('/v1/log_event', batch, server)).status).toBe(202)
    expect([await pending('outbound'), await pending('forward')]).toEqual([2, 1])
  })
})

describe('POST /v1/log_event and /v1/rgstr refuse', () => {
  it('with CORS and JSON whatever is wrong', async () => {
    const cases: [string, number][] = [
      ['{', 400],
      ['[]', 400],
      ['{"events":{}}', 400],
    ]
    for (const [body, status] of cases) {
      const answer = await post('/v1/rgstr', body, { ...server, origin: 'http://shop.test' })
      expect([body, answer.status]).toEqual([body, status])
      expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    }
    const bomb = Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0xa8]), Buffer.from([1, 0, 0])])
    expect((await post('/v1/log_event', bomb, server)).status).toBe(413)
  })
  it('a full disk with 503, by which SDKs keep their batch', async () => {
    await world.close()
    world = createApiWorld(() => ({ isDiskFull: () => true }))
    await world.connect('con_1', { keys: { 'statsig.serverKey': 'secret-1' } })
    expect((await post('/v1/log_event', batch, server)).status).toBe(503)
  })
})

describe('POST /v1/log_event and /v1/rgstr guard', () => {
  it('refuses no key, an unknown one and a console key with 401 before the body is read', async () => {
    for (const key of [undefined, 'secret-2', 'console-2', '']) {
      const answer = await post('/v1/log_event', '{', key === undefined ? {} : { 'statsig-api-key': key })
      expect([key, answer.status]).toEqual([key, 401])
    }
    expect((await post('/v1/rgstr?k=client-9', batch)).status).toBe(401)
    expect(await pending('outbound')).toBe(0)
  })
})

describe('PATCH /connections/:id takes', () => {
  it('the outbound settings and the webhook secret, and shows them without the secret', async () => {
    const outbound = {
      identifiers: [{ from: 'segmentAnonymousId', to: 'anonymousId' }],
      flushEvery: 'hourly',
      forward: true,
      enabled: true,
      timestampFormat: 'number',
    }
    const patched = await world.call('PATCH', '/api/v1/connections/con_1', {
      outbound,
      statsig: { webhookSecret: 'w' },
    })
    expect(patched.status).toBe(200)
    expect(patched.json).toMatchObject({
      outbound,
      statsig: { webhookSecret: true },
      statsigWebhookUrl: 'http://bridge.test/webhooks/statsig/con_1',
    })
    const reset = await world.call('PATCH', '/api/v1/connections/con_1', { outbound: { flushEvery: null } })
    expect((reset.json as { outbound: object }).outbound).not.toHaveProperty('flushEvery')
    const wrong = await world.call('PATCH', '/api/v1/connections/con_1', {
      outbound: { flushEvery: 'weekly' },
    })
    expect(wrong.status).toBe(422)
  })
  it('a setting that ends a rest, and wakes the lane that rested', async () => {
    await world.call('PATCH', '/api/v1/connections/con_1', { outbound: { flushEvery: 'daily' } })
    await post('/v1/log_event', batch, server)
    const lease = await world.store.lanes.open('con_1', 'outbound', world.clock.ms)
    if ('held' in lease) throw new Error('held')
    await world.store.lanes.rest(lease, world.clock.ms + 60_000, 'until midnight')
    const shown = await world.call('GET', '/api/v1/connections/con_1')
    expect(shown.json).toMatchObject({ lanes: { outbound: { state: 'asleep', reason: 'until midnight' } } })
    world.starter.calls.length = 0
    world.clock.ms += 2_000
    await world.call('PATCH', '/api/v1/connections/con_1', { outbound: { flushEvery: null } })
    expect(world.starter.calls).toEqual(['wake con_1 outbound'])
  })
  it('one webhook secret for two connections, which one project may well have', async () => {
    for (const id of ['con_1', 'con_2'])
      expect(
        (await world.call('PATCH', `/api/v1/connections/${id}`, { statsig: { webhookSecret: 'same' } }))
          .status,
      ).toBe(200)
  })
})
