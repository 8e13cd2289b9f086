// The doors on a real socket, spoken to by hand: cut bodies, lying lengths, slow pieces, requests one behind the other.
import { once } from 'node:events'
import type { Server } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { serve } from '@hono/node-server'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { goodMessage, writeKey } from './bodies.ts'
import { createIngestWorld, type IngestWorld } from './ingest-world.ts'
import { Bag, toWire } from './wire.ts'

const seed = 20260105
let world: IngestWorld
let server: Server
let port: number
beforeEach(async () => {
  world = await createIngestWorld()
  server = serve({ fetch: world.api.app.fetch, port: 0, hostname: '127.0.0.1' }) as Server
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await world.api.close()
})

let sent = 0
const bodyOf = (user: string) => toWire(new Bag([['writeKey', writeKey], ...goodMessage(user).entries]))
function request(): Buffer {
  const body = bodyOf(`known-${++sent}`)
  return Buffer.concat([head(`Content-Length: ${Buffer.byteLength(body)}`), Buffer.from(body)])
}
const head = (lines: string) =>
  Buffer.from(`POST /v1/track HTTP/1.1\r\nHost: bridge.test\r\n${lines}\r\n\r\n`)

/** Writes pieces with a turn of the event loop between them, hangs up if told so, and answers the statuses that came. */
async function speak(pieces: readonly Buffer[], hangUp: boolean): Promise<number[]> {
  const socket = connect(port, '127.0.0.1')
  let said = ''
  socket.on('data', (chunk) => (said += String(chunk)))
  socket.on('error', () => undefined)
  const closed = new Promise((resolve) => socket.once('close', resolve))
  await once(socket, 'connect')
  for (const piece of pieces) {
    if (!socket.writable) break
    socket.write(piece)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await endOf(socket, hangUp)
  await closed
  return [...said.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1]))
}

/** Half-closed, so that what was asked is still answered; or closed under the server's hands. */
async function endOf(socket: Socket, hangUp: boolean): Promise<void> {
  if (hangUp) socket.destroy()
  else socket.end()
  const slow = setTimeout(() => socket.destroy(), 2_000)
  await new Promise((resolve) => (socket.destroyed ? resolve(0) : socket.once('close', resolve)))
  clearTimeout(slow)
}

const cutAt = fc.double({ min: 0, max: 1, noNaN: true })
/** Bytes as pieces, cut at these places. */
function inPieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [
    0,
    ...cuts.map((part) => Math.floor(part * bytes.length)).sort((a, b) => a - b),
    bytes.length,
  ]
  return places.slice(1).map((to, index) => bytes.subarray(places[index], to))
}
const cuts = fc.array(cutAt, { maxLength: 8 })

/** What a healthy client gets after all that. */
async function isWell(): Promise<void> {
  expect(await speak([request()], false)).toEqual([200])
}

async function settled() {
  await world.api.store.stats.read('con_fuzz', { sinceMs: 0, stepMs: 60_000 })
  const { entries } = await world.api.store.messages.list('con_fuzz', {}, { limit: 500 })
  return entries
}

describe('the doors of ingest on a socket, under fuzzing', () => {
  it('answer every request of a connection in turn, however its bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5 }), cuts, async (count, places) => {
        const bytes = Buffer.concat(Array.from({ length: count }, request))
        expect(await speak(inPieces(bytes, places), false)).toEqual(Array.from({ length: count }, () => 200))
      }),
      { numRuns: 40, seed },
    )
    const entries = await settled()
    expect(new Set(entries.map(({ messageId }) => messageId)).size).toBe(entries.length)
  })

  it('store nothing of a request that breaks off, answer nothing wrong, and go on', async () => {
    await fc.assert(
      fc.asyncProperty(cutAt, cuts, fc.boolean(), async (end, places, hangUp) => {
        const whole = request()
        const part = whole.subarray(0, Math.min(Math.floor(end * whole.length), whole.length - 1))
        const statuses = await speak(inPieces(part, places), hangUp)
        expect(statuses.filter((status) => status !== 400)).toEqual([])
      }),
      { numRuns: 60, seed },
    )
    expect(await settled()).toEqual([])
    await isWell()
  })

  const body = () => Buffer.from(bodyOf(`known-${++sent}`))
  const chunk = (bytes: Buffer) =>
    Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
  it.each<[string, () => Buffer[], number[]]>([
    ['a length that is too short', () => [head('Content-Length: 20'), body()], [400]],
    ['a length that is no number', () => [head('Content-Length: ten'), body()], [400]],
    ['a negative length', () => [head('Content-Length: -1'), body()], [400]],
    ['two lengths', () => [head('Content-Length: 5\r\nContent-Length: 6'), body()], [400]],
    [
      'a length and chunks at once',
      () => [head('Content-Length: 5\r\nTransfer-Encoding: chunked'), body()],
      [400],
    ],
    [
      'a chunk whose size is no number',
      () => [head('Transfer-Encoding: chunked'), Buffer.from('zz\r\n{}\r\n0\r\n\r\n')],
      [400],
    ],
    [
      'a chunk of a size beyond all measure',
      () => [head('Transfer-Encoding: chunked'), Buffer.from(`${'f'.repeat(40)}\r\n`)],
      [400],
    ],
    ['an unknown transfer encoding', () => [head('Transfer-Encoding: gzip'), body()], [400]],
    [
      'headers without end',
      () => [Buffer.from(`POST /v1/track HTTP/1.1\r\nX: ${'y'.repeat(100_000)}`)],
      [431],
    ],
    ['no length and no chunks', () => [head('Connection: close'), body()], [400]],
    ['bytes that are not HTTP', () => [gzipSync('hello')], [400]],
    [
      'chunks in order',
      () => [head('Transfer-Encoding: chunked'), chunk(body()), Buffer.from('0\r\n\r\n')],
      [200],
    ],
    [
      'a request for 100-continue',
      () => [head(`Expect: 100-continue\r\nContent-Length: 2`), Buffer.from('{}')],
      [100, 401],
    ],
  ])('answer %s as HTTP says, and go on', async (_, pieces, expected) => {
    // Of a body that runs on, the rest is taken for a request of its own; whether that is answered too is a race.
    expect([...new Set(await speak(pieces(), false))]).toEqual(expected)
    await isWell()
  })
})
