import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { BODY_BYTES_MAX } from '../../../sandbox/statsig/log-event.ts'
import { inProcess, zstdBomb, zstdStored } from '../sandbox-client.ts'

const event = { eventName: 'purchase', value: 12.5, user: { userID: 'u1' }, metadata: { sku: 'a1' } }
const plain = Buffer.from(JSON.stringify({ events: [event] }))

describe('logEvent', () => {
  it.each(['/v1/log_event', '/v1/rgstr'])('answers 202 on %s and keeps the event', async (path) => {
    const sandbox = inProcess()
    const answer = await sandbox.logEvents([event], { path })
    expect(answer.status).toBe(202)
    expect(await answer.json()).toEqual({ success: true })
    expect(await sandbox.events()).toEqual([event])
  })

  it.each([
    ['plain', plain, {}],
    ['text/plain', plain, { 'content-type': 'text/plain;charset=UTF-8' }],
    ['gzip', gzipSync(plain), { 'content-encoding': 'gzip' }],
    ['X-GZIP', gzipSync(plain), { 'content-encoding': 'X-GZIP' }],
    ['zstd', zstdStored(plain), { 'content-encoding': 'zstd' }],
    ['a UTF-8 BOM', Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), plain]), {}],
  ])('takes a body in %s', async (_, body, headers) => {
    const sandbox = inProcess()
    const init = { headers: { 'statsig-api-key': 'client-a', ...headers }, body }
    expect((await sandbox.logEvents([], init)).status).toBe(202)
    expect(await sandbox.events()).toEqual([event])
  })

  it('takes key, time and the gzip flag from the query, as the browser SDK sends them', async () => {
    const sandbox = inProcess()
    const init = { method: 'POST', headers: { 'content-type': 'text/plain' }, body: gzipSync(plain) }
    expect((await sandbox.ask('/v1/rgstr?k=client-a&t=1699999999999&gz=1', init)).status).toBe(202)
    expect(await sandbox.events()).toEqual([event])
    expect(await sandbox.requests()).toMatchObject([{ keyKind: 'client', clientTime: 1_699_999_999_999 }])
  })

  it('keeps each event as it was written', async () => {
    const sandbox = inProcess()
    const text = '{"eventName":"a","value":1.0,"big":12345678901234567890,"é":"\\u00e9"}'
    await sandbox.logEvents([], { body: `{"events":[${text}]}` })
    await sandbox.logEvents([], { body: `{"events":[${text},${text}]}` })
    expect(await (await sandbox.ask('/_sandbox/statsig/events')).text()).toBe(`[${text},${text},${text}]`)
  })

  it('tells of each request what does not belong to an event, and never the key', async () => {
    const sandbox = inProcess(1_700_000_000_123)
    const headers = {
      'Content-Type': 'application/json',
      'STATSIG-API-KEY': 'secret-a',
      'STATSIG-CLIENT-TIME': '1700000000000',
      'STATSIG-SDK-TYPE': 'x',
    }
    const body = JSON.stringify({ events: [event, event], statsigMetadata: { sdkType: 'x', stableID: 's' } })
    await sandbox.logEvents([], { headers, body })
    const requests = await sandbox.requests()
    expect(requests).toEqual([
      {
        receivedAtMs: 1_700_000_000_123,
        path: '/v1/log_event',
        status: 202,
        keyKind: 'secret',
        keySha256: createHash('sha256').update('secret-a').digest('hex'),
        eventCount: 2,
        clientTime: 1_700_000_000_000,
        headers: {
          'statsig-client-time': '1700000000000',
          'statsig-sdk-type': 'x',
          'content-type': 'application/json',
        },
        envelope: { statsigMetadata: { sdkType: 'x', stableID: 's' } },
      },
    ])
    expect(JSON.stringify(requests)).not.toContain('secret-a')
  })

  it.each(['', 'secret-revoked-1', 'client-1-revoked', 'console-a', 'other-a', 'secret'])(
    'answers 401 to the key "%s", and keeps nothing',
    async (key) => {
      const sandbox = inProcess()
      const answer = await sandbox.logEvents([event], { key })
      expect(answer.status).toBe(401)
      expect(await answer.json()).toMatchObject({ success: false })
      expect(await sandbox.events()).toEqual([])
      expect(await sandbox.requests()).toMatchObject([{ status: 401, eventCount: 1 }])
    },
  )

  it('answers 401 to a request without a key', async () => {
    const sandbox = inProcess()
    expect((await sandbox.logEvents([event], { headers: {} })).status).toBe(401)
    expect(await sandbox.requests()).toMatchObject([{ keyKind: null, keySha256: null }])
  })

  it.each([
    ['an empty body', Buffer.alloc(0), {}, 400],
    ['broken JSON', Buffer.from('{"events":['), {}, 400],
    ['an array', Buffer.from('[]'), {}, 400],
    ['null', Buffer.from('null'), {}, 400],
    ['events that are not an array', Buffer.from('{"events":{}}'), {}, 400],
    ['no events', Buffer.from('{}'), {}, 400],
    ['bytes that are not gzip', plain, { 'content-encoding': 'gzip' }, 400],
    ['bytes that are not zstd', plain, { 'content-encoding': 'zstd' }, 400],
    ['half a zstd frame', zstdStored(plain).subarray(0, 40), { 'content-encoding': 'zstd' }, 400],
    ['another encoding', plain, { 'content-encoding': 'br' }, 415],
    ['a body over the limit', Buffer.alloc(BODY_BYTES_MAX + 1, ' '), {}, 413],
    ['a gzip bomb', gzipSync(Buffer.alloc(BODY_BYTES_MAX + 1, ' ')), { 'content-encoding': 'gzip' }, 413],
    ['a zstd bomb', zstdBomb(77), { 'content-encoding': 'zstd' }, 413],
  ])('refuses %s, and keeps nothing', async (_, body, headers, status) => {
    const sandbox = inProcess()
    const answer = await sandbox.logEvents([], {
      headers: { 'statsig-api-key': 'secret-a', ...headers },
      body,
    })
    expect(answer.status).toBe(status)
    expect(await answer.json()).toMatchObject({ success: false })
    expect(await sandbox.events()).toEqual([])
    expect(await sandbox.requests()).toMatchObject([{ status, eventCount: null, envelope: null }])
  })

  it('takes a body of exactly the limit', async () => {
    const sandbox = inProcess()
    const body = plain.toString().padEnd(BODY_BYTES_MAX)
    expect((await sandbox.logEvents([], { body })).status).toBe(202)
  })

  it('lets a page of any origin in, also where it refuses', async () => {
    const sandbox = inProcess()
    const preflight = await sandbox.ask('/v1/rgstr?k=client-a', {
      method: 'OPTIONS',
      headers: { origin: 'https://shop.example', 'access-control-request-headers': 'statsig-api-key' },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*')
    expect(preflight.headers.get('access-control-allow-headers')).toBe('statsig-api-key')
    expect(preflight.headers.get('access-control-allow-methods')).toContain('POST')

    await sandbox.addFault({ target: 'statsig.log_event', status: 503, times: 1 })
    for (const [key, status] of [
      ['client-a', 503],
      ['client-revoked', 401],
      ['client-a', 202],
    ] as const) {
      const answer = await sandbox.logEvents([event], { path: '/v1/rgstr', key })
      expect(answer.status).toBe(status)
      expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    }
  })
})
