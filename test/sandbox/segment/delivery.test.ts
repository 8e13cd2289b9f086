// From Segment's SDK, by the sandbox, to a webhook that a test listens on.
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { Analytics } from '@segment/analytics-node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { provenBySegment } from '../../../api/segment-signature.ts'
import type { Delivery } from '../../../sandbox/segment/delivery/outbox.ts'
import { serveSandbox, type RunningSandbox } from '../../../sandbox/serve.ts'
import { segmentAt, track, type SegmentClient } from './segment-client.ts'

interface Received {
  headers: IncomingHttpHeaders
  text: string
  json: unknown
}

let running: RunningSandbox
let sandbox: SegmentClient
let receiver: Server
let url: string
let received: Received[]
/** What the receiver answers, in turn; 200 when there is nothing left. `null` never answers. */
let answers: (number | null)[]

beforeEach(async () => {
  running = await serveSandbox({ port: 0, nowMs: Date.now })
  sandbox = segmentAt(running.origin)
  received = []
  answers = []
  receiver = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk) => (text += String(chunk)))
    request.on('end', () => {
      received.push({ headers: request.headers, text, json: JSON.parse(text) })
      const status = answers.length === 0 ? 200 : answers.shift()
      if (status !== null) response.writeHead(status ?? 200, { location: '/elsewhere' }).end()
    })
  }).listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/webhooks/segment/con_1`
})

afterEach(async () => {
  await running.close()
  receiver.closeAllConnections()
  await once(receiver.close(), 'close')
})

async function call<T>(method: string, path: string, body: object): Promise<T> {
  const headers = { authorization: 'Bearer sandbox-token', 'content-type': 'application/json' }
  const answer = await sandbox.ask(path, { method, headers, body: JSON.stringify(body) })
  expect(answer.status, await answer.clone().text()).toBe(200)
  return ((await answer.json()) as { data: T }).data
}

/** A webhook destination of the source `web` with one subscription. */
async function connect(settings: object = {}, over: object = {}): Promise<string> {
  const { destination } = await call<{ destination: { id: string } }>('POST', '/destinations', {
    ...{
      sourceId: 'source-id-web',
      metadataId: '614a3c7d791c91c41bae7599',
      settings: { sharedSecret: 's3' },
    },
  })
  await call('POST', `/destinations/${destination.id}/subscriptions`, {
    ...{ name: 'All', actionId: 'action-webhook-send', enabled: true, trigger: 'type = "track"' },
    settings: { url, method: 'POST', data: { '@path': '$.' }, ...settings },
    ...over,
  })
  return destination.id
}

const turn = (knobs: object) =>
  sandbox.ask('/_sandbox/segment/settings', { method: 'PATCH', body: JSON.stringify(knobs) })
const deliveries = async () =>
  (await (await sandbox.ask('/_sandbox/segment/deliveries')).json()) as Delivery[]
const states = async () => (await deliveries()).map(({ state }) => state)
const send = (...batch: object[]) => sandbox.post('/v1/batch', { batch })
const users = () =>
  received.flatMap(({ json }) => [json].flat()).map((event) => (event as { userId: string }).userId)

describe('Outbox', () => {
  it("delivers an event of Segment's SDK, whole, signed, one to a request", async () => {
    await connect()
    const analytics = new Analytics({ writeKey: 'source-web', host: running.origin })
    const timestamp = new Date(Date.now() - 60_000)
    analytics.track({ userId: 'u1', event: 'Bought', properties: { revenue: 1 }, timestamp, messageId: 'm1' })
    await analytics.closeAndFlush()
    await expect.poll(states, { timeout: 10_000 }).toEqual(['delivered'])
    const [{ headers, text, json } = { headers: {}, text: '', json: undefined }] = received
    expect(json).toMatchObject({
      ...{
        type: 'track',
        event: 'Bought',
        userId: 'u1',
        messageId: 'm1',
        properties: { revenue: 1 },
        version: 2,
      },
      originalTimestamp: timestamp.toISOString(),
      context: { library: { name: '@segment/analytics-node' } },
    })
    const { timestamp: corrected, receivedAt, sentAt } = json as Record<string, string>
    const skewMs = Date.parse(receivedAt ?? '') - Date.parse(sentAt ?? '')
    expect(Date.parse(corrected ?? '')).toBe(timestamp.getTime() + skewMs)
    expect(headers).toMatchObject({ 'user-agent': 'Segment (Actions)', 'content-type': 'application/json' })
    expect(provenBySegment(String(headers['x-signature']), 's3', Buffer.from(text), json)).toBe('all')
    expect(provenBySegment(String(headers['x-signature']), 'other', Buffer.from(text), json)).toBe('nothing')
  })

  it('batches up to the size that is set, and signs the first element', async () => {
    await connect({ enable_batching: true, batch_size: 3 })
    await send(...Array.from({ length: 7 }, (_, index) => track(`u${index}`)))
    await expect.poll(states, { timeout: 10_000 }).toEqual(['delivered', 'delivered', 'delivered'])
    expect(received.map(({ json }) => (json as object[]).length).sort()).toEqual([1, 3, 3])
    for (const { headers, text, json } of received) {
      const signature = String(headers['x-signature'])
      const proven = (json as object[]).length === 1 ? 'all' : 'first'
      expect(provenBySegment(signature, 's3', Buffer.from(text), json)).toBe(proven)
      const first = Buffer.from(JSON.stringify((json as object[])[0]))
      expect(provenBySegment(signature, 's3', first, {})).toBe('all')
    }
  })

  it('tries again after 503, 429 and a broken line, and gives up at once on 400, 401, 501 and a redirect', async () => {
    await turn({ retryBaseMs: 5, deliveryTimeoutMs: 200 })
    await connect()
    answers = [503, 429, null, 200]
    await send(track('again'))
    await expect.poll(states, { timeout: 10_000 }).toEqual(['delivered'])
    const [first] = await deliveries()
    expect(first?.attempts.map(({ status }) => status)).toEqual([503, 429, null, 200])
    expect(first?.attempts[2]?.error).toBe('ETIMEDOUT')
    for (const status of [400, 401, 501, 302]) {
      answers = [status]
      await send(track(`refused-${status}`))
      await expect.poll(async () => (await states()).at(-1), { timeout: 10_000 }).toBe('dropped')
    }
    expect(received).toHaveLength(4 + 4)
  })

  it('drops what has failed for too long', async () => {
    await turn({ retryBaseMs: 5, retryForMs: 0 })
    await connect()
    answers = [503]
    await send(track('u1'))
    await expect.poll(states, { timeout: 10_000 }).toEqual(['dropped'])
  })

  it('follows trigger, mapping, headers and the integrations object', async () => {
    const data = {
      who: { '@path': '$.userId' },
      what: { '@template': 'saw {{event}}' },
      gone: { '@path': '$.none' },
    }
    await connect({ data, headers: { 'x-extra': 'e' } }, { trigger: 'type = "track" and event = "Bought"' })
    await send(
      track('u1'),
      track('u2', { event: 'Other' }),
      { type: 'identify', userId: 'u3' },
      track('u4', { integrations: { All: false } }),
      track('u5', { integrations: { All: false, 'Webhooks (Actions)': true } }),
      track('u6', { integrations: { 'Webhooks (Actions)': false } }),
    )
    await expect.poll(states, { timeout: 10_000 }).toEqual(['delivered', 'delivered'])
    expect(received.map(({ json }) => json)).toEqual(
      expect.arrayContaining([
        { who: 'u1', what: 'saw Bought' },
        { who: 'u5', what: 'saw Bought' },
      ]),
    )
    expect(received[0]?.headers['x-extra']).toBe('e')
  })

  it('delivers a messageId once, and nothing of another source, a disabled or a removed destination', async () => {
    const id = await connect()
    await send(track('u1', { messageId: 'm1' }), track('u1', { messageId: 'm1' }))
    await sandbox.post(
      '/v1/batch',
      { batch: [track('other')] },
      { headers: { authorization: `Basic ${btoa('x:')}` } },
    )
    await expect.poll(states, { timeout: 10_000 }).toEqual(['delivered'])
    await call('PATCH', `/destinations/${id}`, { enabled: false })
    await send(track('while-disabled'))
    await call('PATCH', `/destinations/${id}`, { enabled: true })
    await call('DELETE', `/destinations/${id}`, {})
    await send(track('while-removed'))
    expect(users()).toEqual(['u1'])
    expect(await deliveries()).toHaveLength(1)
  })

  it('stops retrying for a destination that was removed', async () => {
    await turn({ retryBaseMs: 20 })
    const id = await connect()
    answers = Array.from({ length: 100 }, () => 503)
    await send(track('u1'))
    await expect.poll(() => received.length, { timeout: 10_000 }).toBeGreaterThan(0)
    await call('DELETE', `/destinations/${id}`, {})
    await expect.poll(states, { timeout: 10_000 }).toEqual(['dropped'])
  })

  it('forgets on DELETE what waits for its next attempt', async () => {
    await turn({ retryBaseMs: 1_000 })
    await connect()
    answers = [503]
    await send(track('u1'))
    await expect.poll(() => received.length, { timeout: 10_000 }).toBe(1)
    await sandbox.ask('/_sandbox', { method: 'DELETE' })
    await new Promise((resolve) => setTimeout(resolve, 1_100))
    expect(received).toHaveLength(1)
    expect(await deliveries()).toEqual([])
  })

  it('is open to its receiver however many events wait: a thousand arrive, ten at a time', async () => {
    await connect()
    for (let part = 0; part < 4; part += 1) {
      await send(...Array.from({ length: 250 }, (_, index) => track(`u${part * 250 + index}`)))
    }
    await expect.poll(() => received.length, { timeout: 30_000 }).toBe(1_000)
    expect(new Set(users()).size).toBe(1_000)
  }, 40_000)
})
