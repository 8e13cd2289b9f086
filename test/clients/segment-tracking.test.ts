import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createSegmentTracking } from '../../clients/segment-tracking.ts'

const clock = { ms: Date.parse('2026-01-05T12:00:00.000Z'), nowMs: () => clock.ms }
const never = new AbortController().signal
let servers: Server[] = []
afterEach(async () => {
  for (const server of servers) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  servers = []
})

interface Seen {
  url: string
  headers: IncomingHttpHeaders
  body: string
}
type Answer = (response: ServerResponse, seen: Seen) => void

const taken: Answer = (response) => response.writeHead(200).end('{"success":true}')
const known: Answer = (response) => response.writeHead(200).end('{}')

/** A Segment that answers as told, and the client that talks to it. */
async function segment({ batch = taken, settings = known }: { batch?: Answer; settings?: Answer } = {}) {
  const seen: Seen[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      const one = { url: request.url ?? '', headers: request.headers, body }
      seen.push(one)
      if (one.url.startsWith('/v1/projects')) settings(response, one)
      else batch(response, one)
    })
  })
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/`
  const client = createSegmentTracking({ trackingUrl: url, cdnUrl: url, clock })
  const paths = () => seen.map(({ url: path }) => path)
  return {
    seen,
    paths,
    client,
    send: (key = 'wk', messages = ['{"a":1}', '{"b":2}']) => client.sendBatch(key, messages, never),
  }
}

describe('createSegmentTracking', () => {
  it('posts a batch with the write key by Basic and the moment of the attempt', async () => {
    const { send, seen } = await segment()
    expect(await send()).toMatchObject({ status: 200, text: '{"success":true}' })
    const [, posted] = seen
    expect(posted).toMatchObject({ url: '/v1/batch' })
    expect(posted?.headers.authorization).toBe(`Basic ${Buffer.from('wk:').toString('base64')}`)
    expect(posted?.body).toBe('{"batch":[{"a":1},{"b":2}],"sentAt":"2026-01-05T12:00:00.000Z"}')
  })

  it('asks for a key once an hour, and not at all where nobody answers for ten minutes', async () => {
    const { send, paths } = await segment()
    await send()
    await send()
    expect(paths()).toEqual(['/v1/projects/wk/settings', '/v1/batch', '/v1/batch'])
    clock.ms += 3_600_000
    await send()
    expect(paths().slice(3)).toEqual(['/v1/projects/wk/settings', '/v1/batch'])
    const away = await segment({ settings: (response) => response.writeHead(503).end() })
    await away.send()
    await away.send()
    expect(away.paths()).toEqual(['/v1/projects/wk/settings', '/v1/batch', '/v1/batch'])
  })

  it('sends nothing under a key that is not known, and says that it is the key', async () => {
    const { send, paths } = await segment({
      settings: (response) => response.writeHead(404).end('{"message":"No source has this write key."}'),
    })
    expect(await send('a/b')).toMatchObject({ means: 'key', text: 'its settings are not found, HTTP 404' })
    expect(paths()).toEqual(['/v1/projects/a%2Fb/settings'])
    await send('a/b')
    expect(paths()).toHaveLength(2)
  })

  it('goes on where a stand-in has no settings to ask for', async () => {
    const { send } = await segment({ settings: (response) => response.writeHead(404).end('Not found') })
    expect(await send()).toMatchObject({ status: 200 })
  })

  it('reads how long to wait from either header, in seconds', async () => {
    for (const header of ['retry-after', 'x-ratelimit-reset']) {
      const { send } = await segment({
        batch: (response) => response.writeHead(429, { [header]: '7' }).end(),
      })
      expect(await send()).toMatchObject({ status: 429, retryAfterMs: 7_000 })
    }
  })

  it.each([400, 413])(
    'fills batches to the smaller limit once a larger one was refused with %i',
    async (status) => {
      const { send, client } = await segment({ batch: (response) => response.writeHead(status).end() })
      await send('wk', ['{}'])
      expect(client.batchBytesMax()).toBe(512_000)
      await send('wk', [JSON.stringify('x'.repeat(505_000))])
      expect(client.batchBytesMax()).toBe(500_000)
    },
  )

  it('follows no redirect, and tells a fault by its code alone', async () => {
    const { send, paths } = await segment({
      batch: (response) => response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(),
    })
    expect(await send()).toMatchObject({ status: 307 })
    expect(paths()).toHaveLength(2)
    const gone = await segment({ batch: (response) => response.destroy() })
    const answer = await gone.send('wk-very-secret')
    expect(answer.status).toBeUndefined()
    expect(answer.text).not.toContain('secret')
  })

  it('ends with the caller', async () => {
    const { client } = await segment({ batch: () => undefined })
    const abort = new AbortController()
    const sent = client.sendBatch('wk', ['{}'], abort.signal)
    setTimeout(() => abort.abort(new Error('stop')), 50)
    await expect(sent).rejects.toThrow('stop')
  })
})
