import { gzipSync, deflateSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bodyBytesMax } from '../../api/read-body.ts'
import { createApiWorld, type ApiWorld } from '../support/fake-deps.ts'
import { makeTrack } from '../support/make-event.ts'

let world: ApiWorld
beforeEach(async () => {
  world = createApiWorld()
  await world.connect('con_1', { writeKey: 'demo-key' })
})
afterEach(() => world.close())

const message = JSON.stringify({ ...makeTrack(), writeKey: 'demo-key' })
const filler = (bytes: number) => Buffer.from(`{"writeKey":"demo-key","x":"${'x'.repeat(bytes - 30)}"}`)

async function send(body: string | Buffer, headers: Record<string, string> = {}) {
  const bytes = new Uint8Array(Buffer.from(body))
  const response = await world.app.request('/v1/track', { method: 'POST', headers, body: bytes })
  const { code } = (await response.json()) as { code?: string }
  return { status: response.status, code, cors: response.headers.get('access-control-allow-origin') }
}

const stored = async () => (await world.store.messages.list('con_1', {}, { limit: 10 })).entries.length

describe('readBody', () => {
  describe('answers', () => {
    it.each([
      ['gzip with its header', gzipSync(message), { 'content-encoding': 'gzip' }],
      ['gzip named x-gzip', gzipSync(message), { 'content-encoding': 'x-gzip' }],
      ['gzip named in capitals', gzipSync(message), { 'content-encoding': 'GZIP' }],
      ['gzip named X-GZip', gzipSync(message), { 'content-encoding': 'X-GZip' }],
      ['gzip without a header', gzipSync(message), {}],
      ['plain JSON under a gzip header', Buffer.from(message), { 'content-encoding': 'gzip' }],
      ['plain JSON named identity', Buffer.from(message), { 'content-encoding': 'identity' }],
      [
        'gzip of two members',
        Buffer.concat([gzipSync(message.slice(0, 20)), gzipSync(message.slice(20))]),
        { 'content-encoding': 'gzip' },
      ],
      ['a body as text/plain', Buffer.from(message), { 'content-type': 'text/plain' }],
      ['a body as text/plain in UTF-8', Buffer.from(message), { 'content-type': 'text/plain;charset=UTF-8' }],
      ['a body without a type', Buffer.from(message), {}],
      ['a UTF-8 byte order mark', Buffer.from(`\uFEFF${message}`), {}],
      ['a byte order mark inside gzip', gzipSync(`\uFEFF${message}`), { 'content-encoding': 'gzip' }],
    ])('takes %s', async (_, body, headers) => {
      expect(await send(body, headers)).toMatchObject({ status: 200 })
      expect(await stored()).toBe(1)
    })

    it('keeps the body decompressed', async () => {
      await send(gzipSync(message), { 'content-encoding': 'gzip' })
      const [entry] = (await world.store.messages.list('con_1', {}, { limit: 1 })).entries
      const story = await world.store.messages.get(entry?.id ?? '')
      expect(Buffer.from(story?.body ?? []).toString()).toBe(message)
    })

    it('takes a body of exactly 16 MB, plain and compressed', async () => {
      const largest = filler(bodyBytesMax)
      expect(largest.length).toBe(16 * 1024 * 1024)
      expect(await send(largest)).toMatchObject({ status: 200 })
      expect(await send(gzipSync(largest), { 'content-encoding': 'gzip' })).toMatchObject({ status: 200 })
    })
  })

  describe('refuses', () => {
    const half = gzipSync(Buffer.alloc(bodyBytesMax / 2 + 1))
    it.each([
      ['a plain body over 16 MB', filler(bodyBytesMax + 1)],
      ['a small body that grows past 16 MB', gzipSync(filler(bodyBytesMax + 1))],
      ['two gzip members that are too large together', Buffer.concat([half, half])],
    ])('%s with 413 and CORS', async (_, body) => {
      expect(await send(body)).toEqual({ status: 413, code: 'body_too_large', cors: '*' })
      expect(await stored()).toBe(0)
    })

    it.each([
      ['gzip that breaks off', gzipSync(message).subarray(0, 40)],
      ['gzip with a wrong checksum', Buffer.concat([gzipSync(message).subarray(0, -8), Buffer.alloc(8)])],
      ['two bytes that only begin like gzip', Buffer.from([0x1f, 0x8b])],
      ['another compression', deflateSync(message)],
    ])('%s with 400 and CORS', async (_, body) => {
      expect(await send(body)).toEqual({ status: 400, code: 'not_json', cors: '*' })
      expect(await stored()).toBe(0)
    })
  })
})
