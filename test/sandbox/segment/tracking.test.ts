import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { BATCH_BYTES_MAX, MESSAGE_BYTES_MAX } from '../../../sandbox/segment/tracking-body.ts'
import { trackingPaths } from '../../../sandbox/segment/tracking.ts'
import { segmentInProcess, track } from './segment-client.ts'

const bodies = {
  track: { event: 'Bought' },
  identify: { traits: { a: 1 } },
  page: { name: 'Home' },
  screen: {},
  group: { groupId: 'g' },
  alias: { previousId: 'p' },
}

/** A track call whose JSON has exactly that many bytes. */
function trackOf(bytes: number) {
  const empty = JSON.stringify(track('u1', { properties: { pad: '' } }))
  return track('u1', { properties: { pad: 'x'.repeat(bytes - empty.length) } })
}

describe('tracking', () => {
  it.each(trackingPaths)('takes %s', async (path, type) => {
    const sandbox = segmentInProcess()
    const message = type === undefined ? track('u1') : { userId: 'u1', ...bodies[type] }
    const answer = await sandbox.post(path, type === undefined ? { batch: [message] } : message)
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({ success: true })
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect(await sandbox.messages()).toEqual([message])
  })

  it('lists each message as it was on the wire, oldest first', async () => {
    const sandbox = segmentInProcess()
    const texts = [
      '{"type":"track","event":"a","userId":"u1","properties":{"n":1.0,"big":12345678901234567890}}',
      '{ "type":"identify", "userId":"u2","traits":{"x":",]}\\""} }',
    ]
    await sandbox.post('/v1/batch', `{"batch":[ ${texts.join(' , ')} ],"sentAt":"2026-01-05T12:00:00Z"}`)
    await sandbox.post('/v1/track', '{"event":"b","userId":"u3","properties":{"n":2.50}}')
    const listed = await (await sandbox.ask('/_sandbox/segment/messages')).text()
    expect(listed).toBe(`[${texts.join(',')},{"event":"b","userId":"u3","properties":{"n":2.50}}]`)
  })

  it('reads the write key from Basic authentication, with or without a colon, and from the body', async () => {
    const sandbox = segmentInProcess()
    const send = (authorization: string | undefined, body: object) =>
      sandbox.post(
        '/v1/track',
        body,
        authorization === undefined ? { headers: {} } : { headers: { authorization } },
      )
    await send(`Basic ${btoa('with-colon:')}`, track('u1'))
    await send(`basic ${btoa('without-colon')}`, track('u1'))
    await send(undefined, track('u1', { writeKey: 'in-body' }))
    expect((await sandbox.tracked()).map(({ writeKey }) => writeKey)).toEqual([
      'with-colon',
      'without-colon',
      'in-body',
    ])
    expect((await send(undefined, track('u1'))).status).toBe(400)
    expect(await sandbox.messages()).toHaveLength(3)
  })

  it('answers 200 to an unknown write key and drops what came with it', async () => {
    const sandbox = segmentInProcess()
    const headers = { authorization: `Basic ${btoa('some-unknown-key:')}` }
    const answer = await sandbox.post('/v1/batch', { batch: [track('u1'), track('u2')] }, { headers })
    expect(answer.status).toBe(200)
    expect(await sandbox.messages()).toEqual([])
    expect(await sandbox.discarded()).toMatchObject([
      { reason: 'unknown_source', writeKey: 'some-unknown-key', message: { userId: 'u1' } },
      { reason: 'unknown_source', message: { userId: 'u2' } },
    ])
  })

  it.each([
    ['no_user_anon_id', { type: 'track', event: 'a', userId: null, anonymousId: '' }],
    ['id_not_string', { type: 'track', event: 'a', userId: 7 }],
    ['event_not_defined', { type: 'track', userId: 'u' }],
    ['event_not_string', { type: 'track', userId: 'u', event: 7 }],
    ['properties_not_object', { type: 'page', userId: 'u', properties: [] }],
    ['traits_not_object', { type: 'identify', userId: 'u', traits: 'a' }],
    ['name_not_string', { type: 'screen', userId: 'u', name: 1 }],
    ['category_not_string', { type: 'page', userId: 'u', category: {} }],
    ['id_required', { type: 'group', userId: 'u' }],
    ['id_required', { type: 'alias', userId: 'u' }],
    ['bad_request', { type: 'delete', userId: 'u' }],
    ['bad_request', { type: 'track', userId: 'u', event: 'a', messageId: 'm'.repeat(101) }],
    ['bad_request', 'text'],
  ])('answers 200, drops the message for %s and takes its neighbours', async (reason, message) => {
    const sandbox = segmentInProcess()
    const batch = [track('before'), message, track('after')]
    expect((await sandbox.post('/v1/batch', { batch })).status).toBe(200)
    expect((await sandbox.messages()).map(({ userId }) => userId)).toEqual(['before', 'after'])
    expect(await sandbox.discarded()).toMatchObject([{ reason, message }])
  })

  it('answers 200 to a batch without messages and to one of more than 2,500, and takes none of them', async () => {
    const sandbox = segmentInProcess()
    const many = Array.from({ length: 2_501 }, (_, index) => track(`u${index}`))
    const tried: object[] = [{ batch: [] }, { batch: 'a' }, {}, { batch: many }]
    for (const body of tried) expect((await sandbox.post('/v1/batch', body)).status).toBe(200)
    expect(await sandbox.messages()).toEqual([])
    const reasons = (await sandbox.discarded()).map(({ reason }) => reason)
    expect(reasons.slice(0, 3)).toEqual(['empty_batch', 'empty_batch', 'empty_batch'])
    expect(reasons).toHaveLength(3 + 2_501)
    expect((await sandbox.post('/v1/batch', { batch: many.slice(1) })).status).toBe(200)
    expect(await sandbox.messages()).toHaveLength(2_500)
  })

  it('refuses a message over 32 KB with 400, alone and within a batch', async () => {
    const sandbox = segmentInProcess()
    expect((await sandbox.post('/v1/track', trackOf(MESSAGE_BYTES_MAX))).status).toBe(200)
    expect((await sandbox.post('/v1/track', trackOf(MESSAGE_BYTES_MAX + 1))).status).toBe(400)
    expect((await sandbox.post('/v1/batch', { batch: [trackOf(MESSAGE_BYTES_MAX)] })).status).toBe(200)
    const answer = await sandbox.post('/v1/batch', { batch: [track('u1'), trackOf(MESSAGE_BYTES_MAX + 1)] })
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ message: 'batch[1] is over 32768 bytes.' })
    expect(await sandbox.messages()).toHaveLength(2)
  })

  it('refuses a batch over 500 KB with 400, unpacked too', async () => {
    const sandbox = segmentInProcess()
    const batch = Array.from({ length: 17 }, () => trackOf(30_000))
    expect((await sandbox.post('/v1/batch', { batch })).status).toBe(200)
    const body = JSON.stringify({ batch: [...batch, trackOf(30_000)] })
    expect(body.length).toBeGreaterThan(BATCH_BYTES_MAX)
    expect((await sandbox.post('/v1/batch', body)).status).toBe(400)
    const headers = { authorization: `Basic ${btoa('source-web:')}`, 'content-encoding': 'gzip' }
    expect((await sandbox.post('/v1/batch', '', { headers, body: gzipSync(body) })).status).toBe(400)
    const small = gzipSync(JSON.stringify({ batch: [track('gz')] }))
    expect((await sandbox.post('/v1/batch', '', { headers, body: small })).status).toBe(200)
    expect(await sandbox.messages()).toHaveLength(18)
  })

  it.each(['{', '[]', '"a"', 'null', ''])('refuses %j with 400', async (body) => {
    const sandbox = segmentInProcess()
    expect((await sandbox.post('/v1/batch', body)).status).toBe(400)
    expect((await sandbox.tracked())[0]).toMatchObject({ status: 400, messageCount: null })
  })

  it('meets faults of segment.batch and keeps nothing of what they refused', async () => {
    const sandbox = segmentInProcess()
    await sandbox.addFault({ target: 'segment.batch', status: 429, retryAfterSeconds: 3, times: 1 })
    const refused = await sandbox.post('/v1/batch', { batch: [track('u1')] })
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).toBe('3')
    expect((await sandbox.post('/v1/batch', { batch: [track('u2')] })).status).toBe(200)
    expect((await sandbox.messages()).map(({ userId }) => userId)).toEqual(['u2'])
    expect((await sandbox.tracked()).map(({ status }) => status)).toEqual([429, 200])
  })

  it('remembers what belongs to the request and never the authorization', async () => {
    const sandbox = segmentInProcess(1_700_000_000_000)
    const body = { batch: [track('u1')], writeKey: 'source-web', sentAt: 'now', context: { a: 1 } }
    await sandbox.post('/v1/batch', body)
    expect(await sandbox.tracked()).toEqual([
      {
        receivedAtMs: 1_700_000_000_000,
        path: '/v1/batch',
        status: 200,
        writeKey: 'source-web',
        messageCount: 1,
        headers: { 'content-type': 'application/json' },
        envelope: { sentAt: 'now', context: { a: 1 } },
      },
    ])
  })

  it('forgets on DELETE', async () => {
    const sandbox = segmentInProcess()
    await sandbox.post('/v1/batch', { batch: [track('u1'), 7] })
    expect((await sandbox.ask('/_sandbox', { method: 'DELETE' })).status).toBe(204)
    for (const list of [sandbox.messages(), sandbox.discarded(), sandbox.tracked()])
      expect(await list).toEqual([])
  })
})

describe('sourceSettings', () => {
  it('knows every write key that does not contain "unknown"', async () => {
    const sandbox = segmentInProcess()
    const known = await sandbox.ask('/v1/projects/source-web/settings')
    expect(await known.json()).toMatchObject({ integrations: { 'Segment.io': { apiKey: 'source-web' } } })
    expect(known.headers.get('access-control-allow-origin')).toBe('*')
    expect((await sandbox.ask('/v1/projects/my-unknown-key/settings')).status).toBe(404)
  })
})
