import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BridgeError, type ErrorCode } from '../../core/errors.ts'
import type { Inbox } from '../../core/ports.ts'
import { createApiWorld, type ApiWorld } from '../support/fake-deps.ts'
import {
  makeAudienceIdentify,
  makeAudienceTrack,
  makeIdentify,
  makeLateTrack,
  makeTrack,
  personas,
} from '../support/make-event.ts'

const long = ['track', 'identify', 'page', 'screen', 'group', 'alias']
const short = ['t', 'i', 'p', 's', 'g', 'a']
const batches = ['batch', 'import', 'b']
const basic = (credentials: string) => `Basic ${Buffer.from(credentials).toString('base64')}`

let world: ApiWorld
beforeEach(async () => {
  world = createApiWorld()
  await world.connect('con_1', { writeKey: 'demo-key' })
})
afterEach(() => world.close())

type Change = Parameters<typeof createApiWorld>[0]

async function remake(change: Change): Promise<void> {
  await world.close()
  world = createApiWorld(change)
  await world.connect('con_1', { writeKey: 'demo-key' })
}

interface Send {
  auth?: string | undefined
  headers?: Record<string, string>
}

async function send(path: string, body: unknown, { auth = basic('demo-key:'), headers = {} }: Send = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const sent = { 'content-type': 'application/json', ...(auth === '' ? {} : { authorization: auth }) }
  const response = await world.app.request(path, {
    method: 'POST',
    headers: { ...sent, ...headers },
    body: text,
  })
  const answer = (await response.json()) as Record<string, unknown>
  return { status: response.status, headers: response.headers, answer }
}

/** `lane messageId` of everything on disk, in the order of each lane, read through another connection. */
async function onDisk(connectionId = 'con_1'): Promise<string[]> {
  const { entries } = await world.openSecond().messages.list(connectionId, {}, { limit: 500 })
  const place = (id: string) => id.split('_').slice(1).map(Number) as [number, number]
  const sorted = entries.sort((a, b) => place(a.id)[0] - place(b.id)[0] || place(a.id)[1] - place(b.id)[1])
  return sorted.map(({ lane, messageId }) => `${lane} ${String(messageId)}`)
}

describe('registerTracking', () => {
  describe('answers', () => {
    it.each([...long, ...short])('takes one message at /v1/%s', async (path) => {
      const message = makeTrack({ type: undefined, groupId: 'g1', previousId: 'p1' })
      const { status, answer } = await send(`/v1/${path}`, message)
      expect({ status, answer }).toEqual({ status: 200, answer: { success: true } })
      expect(await onDisk()).toEqual(['events m1'])
    })

    it.each(batches)('takes a batch at /v1/%s', async (path) => {
      const batch = [makeTrack({ messageId: 'a' }), makeTrack({ messageId: 'b' })]
      expect(await send(`/v1/${path}`, { batch })).toMatchObject({ status: 200, answer: { success: true } })
      expect(await onDisk()).toEqual(['events a', 'events b'])
    })

    it.each([
      ['t', 'track'],
      ['i', 'identify'],
      ['p', 'page'],
      ['s', 'screen'],
      ['g', 'group'],
      ['a', 'alias'],
    ])('gives a message without a type that of the short path /v1/%s: %s', async (path, type) => {
      await send(`/v1/${path}`, { userId: 'u1', event: 'x', messageId: 'm1' })
      const { entries } = await world.store.messages.list('con_1', {}, { limit: 10 })
      expect(entries).toMatchObject([{ type }])
    })

    it('takes a path with a slash at its end without a redirect', async () => {
      expect(await send('/v1/batch/', { batch: [makeTrack()] })).toMatchObject({ status: 200 })
      expect(await onDisk()).toEqual(['events m1'])
    })

    it('has written the message to disk before it answers', async () => {
      const second = world.openSecond()
      await send('/v1/track', makeTrack())
      const [entry] = (await second.messages.list('con_1', {}, { limit: 1 })).entries
      const story = await second.messages.get(entry?.id ?? '')
      expect(JSON.parse(Buffer.from(story?.body ?? []).toString())).toEqual(makeTrack())
    })

    it('does not answer before the store has taken the message', async () => {
      let commit: () => void = () => undefined
      await remake(({ store }) => {
        const committed = new Promise<void>((resolve) => (commit = resolve))
        const append: Inbox['append'] = (request) => committed.then(() => store.inbox.append(request))
        return { store: { ...store, inbox: { append } } }
      })
      let answered = false
      const sent = send('/v1/track', makeTrack()).finally(() => (answered = true))
      await new Promise((resolve) => setTimeout(resolve, 50))
      expect(answered).toBe(false)
      commit()
      expect(await sent).toMatchObject({ status: 200 })
    })

    it('waits while another process writes', async () => {
      const other = new Database(world.path)
      other.exec('BEGIN IMMEDIATE')
      setTimeout(() => other.exec('COMMIT'), 200)
      expect(await send('/v1/track', makeTrack())).toMatchObject({ status: 200 })
      other.close()
    })

    it('takes an empty batch and stores nothing', async () => {
      expect(await send('/v1/batch', { batch: [] })).toMatchObject({ status: 200 })
      expect(await onDisk()).toEqual([])
      expect(world.starter.calls).toEqual([])
    })

    it.each([
      ['null', null],
      ['a number', 7],
      ['a text', 'track'],
      ['an array', []],
      ['an empty object', {}],
      ['an unknown type', { type: 'dance' }],
      ['a track without a name', { type: 'track', userId: 'u1' }],
    ])('takes a batch in which one item is %s, and its neighbours count', async (_, bad) => {
      const batch = [makeTrack({ messageId: 'a' }), bad, makeTrack({ messageId: 'c' })]
      expect(await send('/v1/batch', { batch })).toMatchObject({ status: 200 })
      const [first, , third, ...rest] = await onDisk()
      expect([first, third, rest]).toEqual(['events a', 'events c', []])
    })

    it('keeps the moment and the bytes of the request', async () => {
      world.clock.ms += 1_234
      const body = ' { "event" : "x",  "userId":"u1" , "n": 1.0 } '
      await send('/v1/track', body)
      const [entry] = (await world.store.messages.list('con_1', {}, { limit: 1 })).entries
      const story = await world.store.messages.get(entry?.id ?? '')
      expect(Buffer.from(story?.body ?? []).toString()).toBe(body)
      expect(entry?.receivedAtMs).toBe(world.clock.ms)
    })
  })

  describe('authenticates', () => {
    const body = { ...makeTrack(), writeKey: 'demo-key' }
    it.each([
      ['Basic with a colon', basic('demo-key:'), makeTrack()],
      ['Basic without a colon', basic('demo-key'), makeTrack()],
      ['Basic with a password', basic('demo-key:ignored'), makeTrack()],
      ['Basic in another case', basic('demo-key:').replace('Basic', 'bASIC'), makeTrack()],
      ['Basic without padding', basic('demo-key:').replace(/=+$/, ''), makeTrack()],
      ['a writeKey in the body', '', body],
      ['an empty Basic user and a writeKey in the body', basic(':'), body],
      ['an OAuth bearer and a writeKey in the body', 'Bearer token', body],
      [
        'a header whose key wins over an unknown one in the body',
        basic('demo-key:'),
        { ...body, writeKey: 'x' },
      ],
    ])('takes %s', async (_, auth, message) => {
      expect(await send('/v1/track', message, { auth })).toMatchObject({ status: 200 })
      expect(await onDisk()).toEqual(['events m1'])
    })

    it('puts the message to the connection of the header, not of the body', async () => {
      await world.connect('con_2', { writeKey: 'other-key' })
      await send('/v1/track', { ...makeTrack(), writeKey: 'demo-key' }, { auth: basic('other-key:') })
      expect([await onDisk('con_1'), await onDisk('con_2')]).toEqual([[], ['events m1']])
    })

    it.each([
      ['no key at all', '', makeTrack()],
      ['an unknown key in the header', basic('nobody:'), makeTrack()],
      ['an unknown header key, though the body has a good one', basic('nobody:'), body],
      ['an unknown key in the body', '', { ...body, writeKey: 'nobody' }],
      ['a blank key in the body', '', { ...body, writeKey: '' }],
      ['a key in the body that is no text', '', { ...body, writeKey: 7 }],
      ['a key of another case', basic('DEMO-KEY:'), makeTrack()],
      ['an inherited name as the body key', '', { ...makeTrack(), writeKey: 'constructor' }],
    ])('refuses %s with 401', async (_, auth, message) => {
      const { status, answer, headers } = await send('/v1/track', message, { auth })
      expect({ status, answer }).toMatchObject({ status: 401, answer: { code: 'unknown_write_key' } })
      expect(headers.get('access-control-allow-origin')).toBe('*')
      expect(await onDisk()).toEqual([])
    })
  })

  it('refuses an unknown key in the header before it reads the body', async () => {
    for (const [authorization, status] of [
      [basic('nobody:'), 401],
      [basic('demo-key:'), 400],
    ] as const) {
      const headers = { authorization }
      const request = new Request('http://bridge.test/v1/batch', {
        method: 'POST',
        headers,
        body: '{"batch":',
      })
      const response = await world.app.request(request)
      expect({ status: response.status, read: request.bodyUsed }).toEqual({ status, read: status === 400 })
      expect(response.headers.get('access-control-allow-origin')).toBe('*')
    }
  })

  describe('refuses', () => {
    it.each([
      ['broken JSON', '/v1/track', '{"event":', 400, 'not_json'],
      ['an empty body', '/v1/track', '', 400, 'not_json'],
      ['an array for a single call', '/v1/track', [makeTrack()], 400, 'not_an_object'],
      ['a text', '/v1/batch', '"text"', 400, 'not_an_object'],
      ['null', '/v1/batch', 'null', 400, 'not_an_object'],
      ['a batch without an array', '/v1/batch', {}, 400, 'no_batch_array'],
      ['a batch that is an object', '/v1/import', { batch: {} }, 400, 'no_batch_array'],
      ['an unknown path', '/v1/dance', makeTrack(), 404, 'not_found'],
    ])('%s, with a problem and CORS', async (_, path, body, status, code) => {
      const { headers, ...refused } = await send(path, body)
      expect(refused).toMatchObject({ status, answer: { status, code } })
      expect(headers.get('content-type')).toBe('application/problem+json')
      expect(headers.get('access-control-allow-origin')).toBe('*')
      expect(await onDisk()).toEqual([])
    })

    it('GET on a tracking path with 404 and CORS', async () => {
      const response = await world.app.request('/v1/track')
      expect(response.status).toBe(404)
      expect(response.headers.get('access-control-allow-origin')).toBe('*')
    })

    const refusing =
      (code: ErrorCode): Change =>
      ({ store }) => ({
        store: { ...store, inbox: { append: () => Promise.reject(new BridgeError(code, '')) } },
      })
    it.each<[string, Change, ErrorCode]>([
      ['the disk is at its limit', () => ({ isDiskFull: () => true }), 'disk_full'],
      ['the store is busy for too long', refusing('store_busy'), 'store_busy'],
      ['the store cannot be written', refusing('store_failed'), 'store_failed'],
    ])('with 503, Retry-After and CORS while %s', async (_, change, code) => {
      await remake(change)
      const { status, answer, headers } = await send('/v1/track', makeTrack())
      expect({ status, answer }).toMatchObject({ status: 503, answer: { code } })
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
      expect(headers.get('access-control-allow-origin')).toBe('*')
      expect(headers.get('access-control-expose-headers')).toContain('Retry-After')
      expect(await onDisk()).toEqual([])
    })

    it('with a fixed text when something unforeseen breaks, and says all to the log', async () => {
      await world.store.close()
      const { status, answer, headers } = await send('/v1/track', makeTrack())
      expect({ status, answer }).toMatchObject({ status: 500, answer: { code: 'internal' } })
      expect(JSON.stringify(answer)).not.toContain('database')
      expect(headers.get('access-control-allow-origin')).toBe('*')
      expect(world.log.lines).toMatchObject([{ level: 'error', fields: { path: '/v1/track' } }])
    })
  })

  describe('lets browsers in', () => {
    it.each([...long, ...short, ...batches])('answers a preflight at /v1/%s', async (path) => {
      const response = await world.app.request(`/v1/${path}`, {
        method: 'OPTIONS',
        headers: {
          ...{ origin: 'https://shop.example', 'access-control-request-method': 'POST' },
          'access-control-request-headers': 'authorization,content-type',
        },
      })
      expect(response.status).toBe(204)
      expect(response.headers.get('access-control-allow-origin')).toBe('*')
      expect(response.headers.get('access-control-allow-methods')).toContain('POST')
      expect(response.headers.get('access-control-allow-headers')).toBe('authorization,content-type')
    })

    it('says on a success that any page may read it', async () => {
      const { headers } = await send('/v1/t', makeTrack(), { headers: { origin: 'https://shop.example' } })
      expect(headers.get('access-control-allow-origin')).toBe('*')
    })
  })

  describe('sorts into lanes', () => {
    const mixed = [
      makeTrack({ messageId: 'a' }),
      makeLateTrack({ messageId: 'b' }),
      makeAudienceTrack({ messageId: 'c' }),
      makeIdentify({ messageId: 'd' }),
      makeAudienceIdentify({ messageId: 'e' }),
      makeAudienceTrack({ messageId: 'f' }),
      makeTrack({ messageId: 'g', timestamp: 'yesterday' }),
    ]

    it('keeps the order of the sender in every lane', async () => {
      await send('/v1/batch', { batch: mixed })
      expect(await onDisk()).toEqual([
        ...['events a', 'events c', 'events d', 'events f', 'events g'],
        'late b',
        ...['audiences c', 'audiences e', 'audiences f'],
      ])
    })

    it('counts each entry once in its lane, and apart those that are in no other', async () => {
      await send('/v1/batch', { batch: mixed })
      const lanes = await world.store.stats.read('con_1', { sinceMs: 0, stepMs: 60_000 })
      const counts = lanes.map(({ lane, totals, sole }) => [
        lane,
        totals.accepted,
        totals.pending,
        sole.accepted,
      ])
      expect(counts).toEqual([
        ['events', 5, 5, 3],
        ['late', 1, 1, 1],
        ['audiences', 3, 3, 1],
        ['outbound', 0, 0, 0],
        ['forward', 0, 0, 0],
      ])
    })

    it('takes the age of a message by the corrected time of its batch', async () => {
      const timestamp = new Date(world.clock.ms - 3 * 3_600_000).toISOString()
      const batch = [makeTrack({ timestamp })]
      await send('/v1/batch', { batch, sentAt: timestamp })
      await send('/v1/batch', { batch })
      expect(await onDisk()).toEqual(['events m1', 'late m1'])
    })

    it('reads the audience of a batch from its common context', async () => {
      await send('/v1/batch', { batch: [makeIdentify()], context: personas })
      expect(await onDisk()).toEqual(['audiences m2'])
    })
  })

  describe('wakes', () => {
    it('the lanes that sleep, once, and those that run not at all', async () => {
      await send('/v1/batch', { batch: [makeTrack(), makeLateTrack()] })
      expect(world.starter.calls).toEqual(['wake con_1 events', 'wake con_1 late'])
      world.clock.ms += 5_000
      await world.store.lanes.open('con_1', 'events', world.clock.ms)
      await send('/v1/batch', { batch: [makeTrack(), makeLateTrack()] })
      expect(world.starter.calls.slice(2)).toEqual(['wake con_1 late'])
    })

    it('a lane at most once a second', async () => {
      for (let sent = 0; sent < 3; sent += 1) await send('/v1/track', makeTrack())
      expect(world.starter.calls).toEqual(['wake con_1 events'])
    })

    it('without waiting for an answer of Temporal', async () => {
      world.starter.answer = () => new Promise(() => undefined)
      expect(await send('/v1/track', makeTrack())).toMatchObject({ status: 200 })
    })

    it('and answers 200 though Temporal is down', async () => {
      world.starter.answer = () => Promise.reject(new Error('Temporal is down'))
      expect(await send('/v1/track', makeTrack())).toMatchObject({ status: 200 })
      await new Promise((resolve) => setImmediate(resolve))
      expect(world.log.lines).toMatchObject([{ level: 'warn', fields: { event: 'lane.wake_failed' } }])
    })
  })
})
