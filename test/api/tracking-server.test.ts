// The tracking API on a real socket: what app.request cannot show.
import { connect, type AddressInfo, type Socket } from 'node:net'
import { request, type IncomingMessage, type Server } from 'node:http'
import { once } from 'node:events'
import { gzipSync } from 'node:zlib'
import { serve } from '@hono/node-server'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { bodyBytesMax } from '../../api/read-body.ts'
import { createApiWorld, type ApiWorld } from '../support/fake-deps.ts'
import { makeTrack } from '../support/make-event.ts'

let world: ApiWorld
let server: Server
let port: number
let full = false
/** Requests that the app has not answered yet. */
let underWay = 0
beforeEach(async () => {
  full = false
  world = createApiWorld(() => ({ isDiskFull: () => full }))
  await world.connect('con_1', { writeKey: 'demo-key' })
  underWay = 0
  const fetch = async (...args: Parameters<typeof world.app.fetch>) => {
    underWay += 1
    try {
      return await world.app.fetch(...args)
    } finally {
      underWay -= 1
    }
  }
  server = serve({ fetch, port: 0, hostname: '127.0.0.1' }) as Server
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await world.close()
})

const message = JSON.stringify({ ...makeTrack(), writeKey: 'demo-key' })
const stored = async () => (await world.openSecond().messages.list('con_1', {}, { limit: 10 })).entries.length

/** Sends pieces with a pause between them, chunked unless a length is given. */
async function send(pieces: (string | Buffer)[], headers: Record<string, string | number> = {}) {
  const outgoing = request({ port, host: '127.0.0.1', method: 'POST', path: '/v1/track', headers })
  const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>
  for (const piece of pieces) {
    if (!outgoing.write(piece)) await Promise.race([once(outgoing, 'drain'), answered])
    await new Promise((resolve) => setImmediate(resolve))
  }
  outgoing.end()
  const [incoming] = await answered
  let text = ''
  for await (const chunk of incoming) text += String(chunk)
  return { status: incoming.statusCode, headers: incoming.headers, text }
}

function open(head: string): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.write(`POST /v1/track HTTP/1.1\r\nHost: bridge.test\r\n${head}\r\n\r\n`)
  return socket
}

describe('the tracking API on a socket', () => {
  it('takes a chunked body', async () => {
    const { status, text } = await send([message.slice(0, 10), message.slice(10, 30), message.slice(30)])
    expect({ status, text }).toEqual({ status: 200, text: '{"success":true}' })
    expect(await stored()).toBe(1)
  })

  it('takes a chunked gzip body, cut anywhere', async () => {
    const body = gzipSync(message)
    const pieces = [body.subarray(0, 1), body.subarray(1, 2), body.subarray(2)]
    expect(await send(pieces, { 'content-encoding': 'gzip' })).toMatchObject({ status: 200 })
    expect(await stored()).toBe(1)
  })

  it('takes several requests on one connection, each with its own body', async () => {
    const one = `POST /v1/track HTTP/1.1\r\nHost: x\r\nContent-Length: ${message.length}\r\n\r\n${message}`
    const socket = connect(port, '127.0.0.1')
    socket.write(one + one + one)
    let text = ''
    while (text.split('{"success":true}').length < 4) text += String((await once(socket, 'data'))[0])
    socket.destroy()
    expect(await stored()).toBe(3)
  })

  it.each([
    ['says so beforehand', true],
    ['streams', false],
  ])('refuses a body over 16 MB that %s with an answer that its sender can read', async (_, says) => {
    const pieces = Array.from({ length: 17 }, () => Buffer.alloc(1024 * 1024, 0x20))
    const headers = says ? { 'content-length': 17 * 1024 * 1024 } : {}
    const refused = await send(pieces, headers)
    expect(refused).toMatchObject({ status: 413, headers: { 'access-control-allow-origin': '*' } })
    expect(JSON.parse(refused.text)).toMatchObject({ code: 'body_too_large' })
    expect(await stored()).toBe(0)
  })

  it('answers 413 to a body without an end', async () => {
    const socket = open('Transfer-Encoding: chunked')
    const piece = Buffer.alloc(1024 * 1024, 0x20)
    const answered = once(socket, 'data')
    socket.on('error', () => undefined)
    const sending = setInterval(() => {
      if (socket.writableLength < 4 * piece.length)
        socket.write(Buffer.concat([Buffer.from('100000\r\n'), piece, Buffer.from('\r\n')]))
    }, 1)
    const [answer] = (await answered) as [Buffer]
    clearInterval(sending)
    socket.destroy()
    expect(String(answer)).toMatch(/^HTTP\/1.1 413 /)
    expect(socket.bytesWritten).toBeGreaterThan(bodyBytesMax)
  })

  it('answers 413 at once to a length beyond all measure', async () => {
    const socket = open(`Content-Length: ${1024 ** 4}`)
    const [answer] = (await once(socket, 'data')) as [Buffer]
    socket.destroy()
    expect(String(answer)).toMatch(/^HTTP\/1.1 413 /)
  })

  it('answers 401 to an unknown key before any of the body has come', async () => {
    const socket = open(`Authorization: Basic ${btoa('nobody:')}\r\nContent-Length: ${bodyBytesMax}`)
    const [answer] = (await once(socket, 'data')) as [Buffer]
    socket.destroy()
    expect(String(answer)).toMatch(/^HTTP\/1.1 401 /)
    expect(String(answer)).toMatch(/access-control-allow-origin: \*/i)
  })

  it('answers 401 so that the sender of a large body can read it, and goes on afterwards', async () => {
    const refused = await send([Buffer.alloc(bodyBytesMax, 0x20)], {
      authorization: `Basic ${btoa('nobody:')}`,
    })
    expect(refused).toMatchObject({ status: 401, headers: { 'access-control-allow-origin': '*' } })
    expect(JSON.parse(refused.text)).toMatchObject({ code: 'unknown_write_key' })
    expect(await send([message])).toMatchObject({ status: 200 })
  })

  it('answers 503 while the disk is at its limit, also to a large body, and goes on afterwards', async () => {
    full = true
    const body = Buffer.alloc(4 * 1024 * 1024, 0x20)
    const refused = await send([body], { 'content-length': body.length })
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '30' } })
    full = false
    expect(await send([message])).toMatchObject({ status: 200 })
  })

  it('stores nothing of a body that is cut off, and goes on', async () => {
    const socket = open(`Content-Length: ${message.length + 10}`)
    socket.write(message)
    await vi.waitFor(() => expect(underWay).toBe(1))
    socket.destroy()
    await vi.waitFor(() => expect(underWay).toBe(0))
    expect(await stored()).toBe(0)
    expect(await send([message])).toMatchObject({ status: 200 })
    expect(world.log.lines).toEqual([])
  })

  it('keeps the address of the caller', async () => {
    await send([message])
    const [entry] = (await world.store.messages.list('con_1', {}, { limit: 1 })).entries
    expect((await world.store.messages.get(entry?.id ?? ''))?.row.callerIp).toBe('127.0.0.1')
  })

  it('never redirects', async () => {
    for (const path of ['/v1', '/v1/', '/v1/track/', '/v1/t/', '/v1/batch//']) {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        method: 'POST',
        body: message,
        redirect: 'manual',
      })
      expect([200, 400, 404]).toContain(response.status)
    }
  })
})
