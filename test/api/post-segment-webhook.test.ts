import { createHmac } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BridgeError, type ErrorCode } from '../../core/errors.ts'
import type { Inbox } from '../../core/ports.ts'
import { createApiWorld, type ApiWorld } from '../support/fake-deps.ts'
import { makeAudienceIdentify, makeIdentify, makeLateTrack, makeTrack } from '../support/make-event.ts'

const secret = 'shared-secret'
const at = '/webhooks/segment/con_1'
const basic = (credentials: string) => `Basic ${Buffer.from(credentials).toString('base64')}`
const sign = (signed: unknown, key = secret) =>
  createHmac('sha1', key).update(JSON.stringify(signed)).digest('hex')

let world: ApiWorld
type Change = Parameters<typeof createApiWorld>[0]

async function make(change?: Change, sharedSecret: string | undefined = secret): Promise<void> {
  world = createApiWorld(change)
  const keys = { 'statsig.serverKey': 'secret-server-1', 'statsig.clientKey': 'client-1' }
  await world.connect('con_1', {
    writeKey: 'demo-key',
    keys: { ...keys, ...(sharedSecret === '' ? {} : { 'segment.sharedSecret': sharedSecret }) },
  })
  await world.connect('con_2', { writeKey: 'other-key', keys: { 'statsig.serverKey': 'secret-server-2' } })
}
async function remake(change?: Change, sharedSecret?: string): Promise<void> {
  await world.close()
  await make(change, sharedSecret)
}
beforeEach(() => make())
afterEach(() => world.close())

const withKey = { authorization: basic('demo-key:') }

async function send(body: unknown, headers: Record<string, string> = withKey, path = at) {
  const response = await world.app.request(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  const answer = (await response.json()) as Record<string, unknown>
  return { status: response.status, headers: response.headers, answer }
}

/** `lane messageId` of everything on disk, in the order of each lane, read through another connection. */
async function onDisk(connectionId = 'con_1'): Promise<string[]> {
  const { entries } = await world.openSecond().messages.list(connectionId, {}, { limit: 500 })
  return entries.reverse().map(({ lane, messageId }) => `${lane} ${String(messageId)}`)
}

const [a, b] = [makeTrack({ messageId: 'a' }), makeTrack({ messageId: 'b' })]

describe('registerSegmentWebhook', () => {
  describe('answers', () => {
    it.each([
      ['one message', a, ['events a']],
      ['one wrapped message', { json: a }, ['events a']],
      ['an array', [a, b], ['events a', 'events b']],
      ['an array of wrapped messages', [{ json: a }, { json: b }], ['events a', 'events b']],
      ['an array of 4,000', Array.from({ length: 4_000 }, (_, n) => makeTrack({ messageId: `${n}` })), 4_000],
      ['an empty array', [], []],
    ])('200 to %s', async (_, body, stored) => {
      const { status, answer } = await send(body)
      expect({ status, answer }).toEqual({ status: 200, answer: { success: true } })
      if (typeof stored !== 'number') expect(await onDisk()).toEqual(stored)
      else {
        const [events] = await world.store.stats.read('con_1', { sinceMs: 0, stepMs: 60_000 })
        expect(events?.totals.accepted).toBe(stored)
      }
    })

    it.each([
      ['a type that is off', makeTrack({ type: 'alias', messageId: 'a' })],
      ['a deletion', { type: 'delete', userId: 'u1', messageId: 'a' }],
      ['an unknown type', { type: 'dance', messageId: 'a' }],
      ['a mapping of the customer that is no event at all', { hello: 'world', messageId: 'a' }],
    ])('200 to %s, and keeps it for the drain to end', async (_, message) => {
      expect(await send([message, b])).toMatchObject({ status: 200 })
      expect(await onDisk()).toEqual(['events a', 'events b'])
    })

    it.each([
      ['null', null],
      ['a text', 'text'],
      ['an array', []],
    ])('200 to an array in which one element is %s, and its neighbours count', async (_, bad) => {
      expect(await send([a, bad, b])).toMatchObject({ status: 200 })
      const [first, , third, ...rest] = await onDisk()
      expect([first, third, rest]).toEqual(['events a', 'events b', []])
    })

    it('keeps the bytes of the request and says by which door it came', async () => {
      const body = ' [ {"type":"track", "event":"x",  "userId":"u1" , "n": 1.0} ] '
      await send(body)
      const [entry] = (await world.store.messages.list('con_1', {}, { limit: 1 })).entries
      const story = await world.store.messages.get(entry?.id ?? '')
      expect(Buffer.from(story?.body ?? []).toString()).toBe(body)
      expect(story?.row.source).toBe('webhook')
    })

    it('does not answer before the store has taken the message', async () => {
      let commit: () => void = () => undefined
      await remake(({ store }) => {
        const committed = new Promise<void>((resolve) => (commit = resolve))
        const append: Inbox['append'] = (request) => committed.then(() => store.inbox.append(request))
        return { store: { ...store, inbox: { append } } }
      })
      let answered = false
      const sent = send(a).finally(() => (answered = true))
      await new Promise((resolve) => setTimeout(resolve, 50))
      expect(answered).toBe(false)
      commit()
      expect(await sent).toMatchObject({ status: 200 })
    })

    it('sorts into lanes and wakes those that sleep', async () => {
      await send([
        a,
        makeLateTrack({ messageId: 'l' }),
        makeIdentify({ messageId: 'i' }),
        makeAudienceIdentify(),
      ])
      expect(new Set(await onDisk())).toEqual(
        new Set(['events a', 'late l', 'events i', 'audiences personas_2']),
      )
      expect(world.starter.calls).toEqual(['wake con_1 events', 'wake con_1 late', 'wake con_1 audiences'])
    })

    it('takes the time of a message as Segment has corrected it', async () => {
      const timestamp = new Date(world.clock.ms - 2 * 3_600_000).toISOString()
      await send(makeTrack({ messageId: 'a', timestamp, sentAt: timestamp }))
      expect(await onDisk()).toEqual(['late a'])
    })

    it('takes the path with a slash at its end', async () => {
      expect(await send(a, withKey, `${at}/`)).toMatchObject({ status: 200 })
    })
  })

  describe('authenticates', () => {
    it.each<[string, Record<string, string>]>([
      ['the write key', { authorization: basic('demo-key:') }],
      ['the write key without a colon', { authorization: basic('demo-key') }],
      ['the Statsig server key', { authorization: basic('secret-server-1:') }],
      ['a signature', { 'x-signature': sign(a) }],
      ['a signature beside a key that is not ours', { authorization: basic('x:'), 'x-signature': sign(a) }],
      ['a key beside a signature of an older secret', { ...withKey, 'x-signature': sign(a, 'old') }],
    ])('by %s', async (_, headers) => {
      expect(await send(a, headers)).toMatchObject({ status: 200 })
      expect(await onDisk()).toEqual(['events a'])
    })

    it.each([
      ['an array, of which the first element is signed', [a, b], a],
      ['an array that is signed whole', [a, b], [a, b]],
      ['wrapped elements, of which the first message is signed', [{ json: a }, { json: b }], a],
      ['one wrapped message', { json: a }, a],
    ])('by the signature of %s', async (_, body, signed) => {
      expect(await send(body, { 'x-signature': sign(signed) })).toMatchObject({ status: 200 })
      expect((await onDisk())[0]).toBe('events a')
    })

    it('by the header of newer destinations, which signs the whole batch', async () => {
      expect(await send([a, b], { 'x-segment-signature': sign([a, b]) })).toMatchObject({ status: 200 })
      expect(await send([a, b], { 'x-segment-signature': sign(b) })).toMatchObject({ status: 401 })
      const both = { 'x-segment-signature': sign([b, a]), 'x-signature': sign(b) }
      expect(await send([b, a], both)).toMatchObject({ status: 200 })
    })

    describe('where batches need the key', () => {
      beforeEach(async () => {
        const { status } = await world.call('PATCH', '/api/v1/connections/con_1', {
          inbound: { batchesNeedKey: true },
        })
        expect(status).toBe(200)
      })

      it.each<[string, unknown, Record<string, string>, number]>([
        ['a batch with the key alone', [a, b], withKey, 200],
        ['a batch with the key and a signature', [a, b], { ...withKey, 'x-signature': sign(a) }, 200],
        ['a batch that is signed whole', [a, b], { 'x-segment-signature': sign([a, b]) }, 200],
        ['one signed message', a, { 'x-signature': sign(a) }, 200],
        ['a batch of one, signed', [a], { 'x-signature': sign(a) }, 200],
        ['a batch of which the first message is signed', [a, b], { 'x-signature': sign(a) }, 401],
        ['the same, wrapped', [{ json: a }, { json: b }], { 'x-signature': sign(a) }, 401],
        ['a batch with a wrong key', [a, b], { authorization: basic('x:'), 'x-signature': sign(a) }, 401],
      ])('%s: %#', async (_, body, headers, status) => {
        const answered = await send(body, headers)
        expect(answered.status).toBe(status)
        expect((await onDisk()).length > 0).toBe(status === 200)
        if (status === 401) expect(answered.answer.message).toMatch(/covers the first message|does not prove/)
      })
    })

    it('by the server key of now, not that of before', async () => {
      const keys = { 'statsig.serverKey': 'secret-new' }
      await world.store.connections.update('con_1', { keys }, world.clock.ms)
      expect(await send(a, { authorization: basic('secret-server-1:') })).toMatchObject({ status: 401 })
      expect(await send(a, { authorization: basic('secret-new:') })).toMatchObject({ status: 200 })
    })

    it('without a shared secret by a key alone', async () => {
      await remake(undefined, '')
      expect(await send(a)).toMatchObject({ status: 200 })
      expect(await send(a, { 'x-signature': sign(a, '') })).toMatchObject({ status: 401 })
    })

    it.each<[string, Record<string, string>, string?]>([
      ['nothing', {}],
      ['a key of another connection', { authorization: basic('other-key:') }],
      ['a server key of another connection', { authorization: basic('secret-server-2:') }],
      ['the client key, which every browser has', { authorization: basic('client-1:') }],
      ['the shared secret as a key', { authorization: basic(`${secret}:`) }],
      ['the write key in another case', { authorization: basic('DEMO-KEY:') }],
      ['the write key as the password', { authorization: basic(':demo-key') }],
      ['the write key as a bearer', { authorization: 'Bearer demo-key' }],
      ['an empty Basic user', { authorization: basic(':') }],
      ['a signature by another secret', { 'x-signature': sign(a, 'other') }],
      ['a signature of another message', { 'x-signature': sign(b) }],
      ['an empty signature', { 'x-signature': '' }],
      ['a good key at a connection that is not there', withKey, '/webhooks/segment/con_9'],
      ['a good key at another connection', withKey, '/webhooks/segment/con_2'],
      ['an inherited name as a connection', withKey, '/webhooks/segment/constructor'],
    ])('nobody by %s: 401', async (_, headers, path) => {
      const { status, answer } = await send(a, headers, path)
      expect({ status, answer }).toMatchObject({ status: 401, answer: { code: 'webhook_unauthorized' } })
      expect([await onDisk('con_1'), await onDisk('con_2')]).toEqual([[], []])
    })

    it.each<[string, Record<string, string>, number]>([
      ['a wrong key', { authorization: basic('other-key:') }, 401],
      ['no proof at all', {}, 401],
      ['a good key', withKey, 400],
      ['a signature, which only the body can prove', { 'x-signature': sign(a) }, 400],
    ])('reads a broken body only where it may let it in: with %s', async (_, headers, status) => {
      const request = new Request(`http://bridge.test${at}`, { method: 'POST', headers, body: '[{"type":' })
      const response = await world.app.request(request)
      expect({ status: response.status, read: request.bodyUsed }).toEqual({ status, read: status === 400 })
    })

    it('nobody by a signature where no secret is set, without reading the body', async () => {
      await remake(undefined, '')
      const headers = { 'x-signature': sign(a, '') }
      const request = new Request(`http://bridge.test${at}`, { method: 'POST', headers, body: '[]' })
      expect((await world.app.request(request)).status).toBe(401)
      expect(request.bodyUsed).toBe(false)
    })

    it('nobody by a writeKey in the body', async () => {
      expect(await send({ ...a, writeKey: 'demo-key' }, {})).toMatchObject({ status: 401 })
    })

    it('gives the same answer whether the connection is there or not', async () => {
      const there = await send(a, {})
      const not = await send(a, {}, '/webhooks/segment/con_9')
      expect(there.answer).toEqual(not.answer)
    })
  })

  describe('refuses', () => {
    const refusing =
      (code: ErrorCode): Change =>
      ({ store }) => ({
        store: { ...store, inbox: { append: () => Promise.reject(new BridgeError(code, '')) } },
      })

    it.each([
      ['broken JSON', '{"event":', 400, 'not_json'],
      ['an empty body', '', 400, 'not_json'],
      ['a text', '"text"', 400, 'not_an_object'],
      ['null', 'null', 400, 'not_an_object'],
    ])('%s, with a problem that has a message for Segment to show', async (_, body, status, code) => {
      const { headers, ...refused } = await send(body)
      expect(refused).toMatchObject({ status, answer: { status, code } })
      expect(headers.get('content-type')).toMatch(/^application\/json/)
      expect(refused.answer.message).toContain(String(refused.answer.title))
      expect(refused.answer.message).toContain(String(refused.answer.nextStep))
      expect(await onDisk()).toEqual([])
    })

    it.each<[string, Change, ErrorCode]>([
      ['the disk is at its limit', () => ({ isDiskFull: () => true }), 'disk_full'],
      ['the store is busy for too long', refusing('store_busy'), 'store_busy'],
      ['the store cannot be written', refusing('store_failed'), 'store_failed'],
    ])('with 503, Retry-After and a message while %s', async (_, change, code) => {
      await remake(change)
      const { status, answer, headers } = await send(a)
      expect({ status, answer }).toMatchObject({ status: 503, answer: { code } })
      expect(answer.message).toEqual(expect.stringMatching(/\w{3}/))
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    })

    it('with a status that Segment retries when something unforeseen breaks', async () => {
      await world.store.close()
      const { status, answer } = await send(a)
      expect({ status, answer }).toMatchObject({ status: 500, answer: { code: 'internal' } })
      expect(answer.message).toEqual(expect.stringMatching(/\w{3}/))
      expect(JSON.stringify(answer)).not.toContain('database')
    })

    it.each(['GET', 'PUT', 'PATCH', 'DELETE'])('%s with 404', async (method) => {
      expect((await world.app.request(at, { method, headers: withKey })).status).toBe(404)
    })
  })
})
