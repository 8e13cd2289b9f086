import { createHmac } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createApiWorld, type ApiWorld } from '../support/fake-deps.ts'

const secret = 'whsec-1'
const event = { eventName: 'Bought', userID: 'u1', timestamp: '1767225600000', timeUUID: 'uuid-1' }

let world: ApiWorld
beforeEach(async () => {
  world = createApiWorld()
  await world.connect('con_1', { keys: { 'statsig.webhookSecret': secret, 'statsig.serverKey': 'secret-1' } })
  await world.connect('con_2', {})
})
afterEach(() => world.close())

const post = (body: string | Buffer, headers: Record<string, string>, id = 'con_1') =>
  world.app.request(`/webhooks/statsig/${id}`, {
    method: 'POST',
    headers,
    body: new Uint8Array(Buffer.from(body)),
  })
const bearer = { authorization: `Bearer ${secret}` }
const signed = (body: string, atMs = world.clock.ms, by = secret) => ({
  'x-statsig-request-timestamp': String(atMs),
  'x-statsig-signature': `v0=${createHmac('sha256', by).update(`v0:${atMs}:${body}`).digest('hex')}`,
})
const pending = async (lane: string) =>
  (await world.store.connections.lanes('con_1')).find((row) => row.lane === lane)?.pending
const listed = async () =>
  (await world.store.messages.list('con_1', { lane: 'outbound' }, { limit: 10 })).entries.map(
    ({ messageId, event: name, type, userId }) => ({ messageId, name, type, userId }),
  )

describe('POST /webhooks/statsig/:connectionId answers', () => {
  it('200 with the events on disk: an array, a data envelope, one event', async () => {
    for (const body of [[event, { ...event, timeUUID: 'uuid-2' }], { data: [event] }, event]) {
      const answer = await post(JSON.stringify(body), signed(JSON.stringify(body)))
      expect([answer.status, await answer.json()]).toEqual([200, { success: true }])
    }
    expect(await pending('outbound')).toBe(4)
    expect(await pending('events')).toBe(0)
    expect((await listed())[0]).toEqual({ messageId: 'uuid-1', name: 'Bought', type: 'event', userId: 'u1' })
    expect(world.starter.calls).toEqual(['wake con_1 outbound'])
  })
  it('200 to a bearer of the secret, gzip and a byte order mark included', async () => {
    const body = gzipSync(`\ufeff${JSON.stringify([event])}`)
    expect((await post(body, bearer)).status).toBe(200)
    expect(await pending('outbound')).toBe(1)
  })
  it('200 to an empty array, and stores nothing', async () => {
    expect((await post('[]', bearer)).status).toBe(200)
    expect(await pending('outbound')).toBe(0)
  })
})

describe('POST /webhooks/statsig/:connectionId', () => {
  it('that was busy and is called no more for two hours is an alert, which its next call ends', async () => {
    const hour = 3_600_000
    await world.call('PUT', '/api/v1/alerts', { url: 'https://hooks.example.com/x', secret: 's'.repeat(16) })
    const begun = Math.ceil(world.clock.ms / hour) * hour
    for (let at = 0; at < 6 * hour; at += hour / 5) {
      world.clock.ms = begun + at
      const body = JSON.stringify([{ ...event, timeUUID: `uuid-${at}` }])
      expect((await post(body, signed(body))).status).toBe(200)
    }
    const told = async (afterMs: number) => {
      world.clock.ms = begun + afterMs
      await world.deps.alertWatch.look()
      const { json } = await world.call('GET', '/api/v1/alerts')
      const { data } = json as { data: { kind: string; state: string }[] }
      // That nobody drains here is another alert.
      return data.flatMap(({ kind, state }) => (kind === 'webhook_quiet' ? [state] : []))
    }
    expect(await told(8 * hour - 1)).toEqual([])
    expect(await told(8 * hour)).toEqual(['firing'])
    expect((await post('[]', bearer)).status).toBe(200)
    expect((await post(JSON.stringify([event]), bearer)).status).toBe(200)
    expect(await told(8 * hour + 60_000)).toEqual(['recovered', 'firing'])
  })
})

describe('POST /webhooks/statsig/:connectionId refuses', () => {
  it('what is not JSON or no object with 400', async () => {
    for (const body of ['{', '"text"', '7'])
      expect([body, (await post(body, bearer)).status]).toEqual([body, 400])
  })
  it('a full disk with 503 and Retry-After', async () => {
    await world.close()
    world = createApiWorld(() => ({ isDiskFull: () => true }))
    await world.connect('con_1', { keys: { 'statsig.webhookSecret': secret } })
    const answer = await post('[]', bearer)
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '30'])
  })
})

describe('POST /webhooks/statsig/:connectionId guards', () => {
  it('answers 401 in the same words to every wrong proof and to a connection that is not there', async () => {
    const body = JSON.stringify([event])
    const answers = [
      await post(body, {}),
      await post(body, { authorization: 'Bearer nothing' }),
      await post(body, { authorization: 'Bearer ' }),
      await post(body, signed(body, world.clock.ms, 'other')),
      await post(body, signed('[]')),
      await post(body, signed(body, world.clock.ms - 300_001)),
      await post(body, signed(body), 'con_2'),
      await post(body, { authorization: 'Bearer undefined' }, 'con_2'),
      await post(body, bearer, 'con_none'),
    ]
    const texts = new Set(await Promise.all(answers.map((answer) => answer.text())))
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 401))
    expect(texts.size).toBe(1)
    expect([...texts][0]).toContain('statsig_webhook_unauthorized')
    expect(await pending('outbound')).toBe(0)
  })
})
