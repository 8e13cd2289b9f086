import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http'
import { createServer as createNetServer, type AddressInfo, type Server as NetServer } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createStatsigEvents } from '../../clients/statsig-events.ts'

const key = 'secret-KEYKEYKEY'
const clock = { ms: 0, nowMs: () => clock.ms }
const never = new AbortController().signal
let servers: (Server | NetServer)[] = []
afterEach(async () => {
  vi.restoreAllMocks()
  for (const server of servers) {
    if ('closeAllConnections' in server) server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  servers = []
})

async function listen(server: Server | NetServer): Promise<string> {
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
}

interface Seen {
  method: string | undefined
  url: string | undefined
  headers: IncomingHttpHeaders
  body: string
}

/** A client, and the vendor that it talks to: what that has seen, answered by `answer`. */
async function statsig(answer: RequestListener = (_, response) => response.writeHead(202).end()) {
  clock.ms = Date.parse('2026-01-05T12:00:00.000Z')
  const seen: Seen[] = []
  const eventsUrl = await listen(
    createServer((request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString()))
      request.on('end', () => {
        seen.push({ method: request.method, url: request.url, headers: request.headers, body })
        answer(request, response)
      })
    }),
  )
  return { seen, eventsUrl, client: createStatsigEvents({ eventsUrl, clock }) }
}

const send = async (answer: RequestListener) => (await statsig(answer)).client.logEvents(key, ['{}'], never)
const aFault = { status: undefined, retryAfterMs: undefined }

/** No four characters of the key in a row. */
function expectNothingOf(secret: string, text: string): void {
  for (let at = 0; at + 4 <= secret.length; at += 1) expect(text).not.toContain(secret.slice(at, at + 4))
}

describe('createStatsigEvents', () => {
  it('forwards a body as it is, with the time that its sender’s clock shows at this attempt', async () => {
    const { client, seen } = await statsig()
    await client.forward(key, '{"events": []}', 3_600_000, never)
    await client.forward(key, '{}', 0, never)
    expect(seen.map(({ body }) => body)).toEqual(['{"events": []}', '{}'])
    expect(seen.map(({ headers }) => Number(headers['statsig-client-time']) - clock.ms)).toEqual([
      -3_600_000, 0,
    ])
  })

  it('posts the events as they are, with who sends them', async () => {
    const { client, seen } = await statsig()
    await client.logEvents(key, ['{"eventName":"a", "n":1.0}', '{"eventName":"b"}'], never)
    expect(seen).toMatchObject([{ method: 'POST', url: '/v1/log_event' }])
    const [{ headers, body } = { headers: {}, body: '' }] = seen
    expect(body).toContain('"events":[{"eventName":"a", "n":1.0},{"eventName":"b"}]')
    expect(JSON.parse(body)).toEqual({
      events: [{ eventName: 'a', n: 1 }, { eventName: 'b' }],
      statsigMetadata: {
        sdkType: 'causeway',
        sdkVersion: expect.stringMatching(/^\d+\.\d+\.\d+$/) as string,
      },
    })
    expect(headers).toMatchObject({
      ...{ 'content-type': 'application/json', 'statsig-api-key': key },
      ...{ 'statsig-event-count': '2', 'statsig-sdk-type': 'causeway' },
    })
  })

  it('takes an address with a slash at its end', async () => {
    const { eventsUrl, seen } = await statsig()
    await createStatsigEvents({ eventsUrl: `${eventsUrl}/`, clock }).logEvents(key, ['{}'], never)
    expect(seen).toMatchObject([{ url: '/v1/log_event' }])
  })

  it('says as STATSIG-CLIENT-TIME the moment of each attempt', async () => {
    const { client, seen } = await statsig()
    const times: string[] = []
    for (let attempt = 0; attempt < 3; attempt += 1) {
      times.push(String(clock.ms))
      await client.logEvents(key, ['{}'], never)
      clock.ms += 61_000
    }
    expect(seen.map(({ headers }) => headers['statsig-client-time'])).toEqual(times)
  })

  it('says how long the answer took', async () => {
    const answer = await send((_, response) => {
      clock.ms += 1_234
      response.writeHead(202).end('{"success":true}')
    })
    expect(answer).toEqual({
      status: 202,
      text: '{"success":true}',
      retryAfterMs: undefined,
      durationMs: 1_234,
    })
  })

  it.each([301, 302, 303, 307, 308])('does not follow a redirect by %i with its key', async (status) => {
    const other = await statsig()
    const { client, seen } = await statsig((_, response) => {
      response.writeHead(status, { location: `${other.eventsUrl}/log_event` }).end()
    })
    expect(await client.logEvents(key, ['{}'], never)).toMatchObject({ status })
    expect([seen.length, other.seen.length]).toEqual([1, 0])
  })

  it.each([
    ['seconds', () => '90'],
    ['an HTTP date', () => new Date(clock.ms + 90_000).toUTCString()],
  ])('reads a Retry-After in %s', async (_, header) => {
    const answer = await send((_request, response) => {
      response.writeHead(503, { 'retry-after': header() }).end('later')
    })
    expect(answer).toMatchObject({ status: 503, text: 'later', retryAfterMs: 90_000 })
  })

  it('keeps 2,000 characters of an answer', async () => {
    const { text } = await send((_, response) => response.writeHead(400).end('é'.repeat(2_001)))
    expect(text).toBe('é'.repeat(2_000))
  })

  describe('tells a fault by its code alone, without a status', () => {
    it.each<[string, RequestListener, RegExp]>([
      ['hangs up', (request) => request.socket.destroy(), /^(UND_ERR_SOCKET|ECONNRESET)$/],
      [
        'cuts its answer off',
        (_, response) => {
          response.writeHead(202, { 'content-length': '100' })
          response.write('{"succ', () => response.destroy())
        },
        /^(UND_ERR_SOCKET|ECONNRESET)$/,
      ],
      [
        'answers in no protocol, and quotes what it got',
        ({ socket }) => socket.end(`${key}\r\n\r\n`),
        /^HPE_[A-Z_]+$/,
      ],
    ])('when the vendor %s', async (_, answer, code) => {
      const fault = await send(answer)
      expect(fault).toMatchObject(aFault)
      expect(fault.text).toMatch(code)
    })

    it('when nobody listens', async () => {
      const eventsUrl = await listen(createNetServer())
      await new Promise((resolve) => servers.pop()?.close(resolve))
      const fault = await createStatsigEvents({ eventsUrl, clock }).logEvents(key, ['{}'], never)
      expect(fault).toMatchObject({ ...aFault, text: 'ECONNREFUSED' })
    })

    it('or by its patience, when no answer comes in time', async () => {
      const timeout = AbortSignal.timeout.bind(AbortSignal)
      const asked = vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => timeout(50))
      expect(await send(() => undefined)).toMatchObject({ ...aFault, text: 'no answer within 30 s' })
      expect(asked.mock.calls).toEqual([[30_000]])
    })
  })

  it.each([
    ['a line break in it', 'secret-abcdef\nghijkl-mnopqr'],
    ['a CRLF in it', 'secret-abcdef\r\nghijkl: mnopqr'],
    ['a NUL in it', 'secret-abcdef\0ghijkl'],
    ['characters that no header carries', 'secret-ключключ-abcdef'],
    ['an emoji', 'secret-abcdef😀ghijkl'],
  ])('sends nothing with a key that has %s, and tells nothing of it', async (_, bad) => {
    const { client, seen } = await statsig()
    const fault = await client.logEvents(bad, ['{}'], never)
    expect(fault).toMatchObject({ ...aFault, text: expect.stringMatching(/\w/) as string })
    expectNothingOf(bad, fault.text)
    expect(seen).toEqual([])
  })

  describe('throws the reason of its caller on', () => {
    const reason = new Error('the activity was cancelled')

    it('when it was aborted beforehand', async () => {
      const { client, seen } = await statsig()
      await expect(client.logEvents(key, ['{}'], AbortSignal.abort(reason))).rejects.toBe(reason)
      expect(seen).toEqual([])
    })

    it('when it aborts while the vendor thinks', async () => {
      const abort = new AbortController()
      const { client } = await statsig(() => abort.abort(reason))
      await expect(client.logEvents(key, ['{}'], abort.signal)).rejects.toBe(reason)
    })

    it('when it aborts amid the answer', async () => {
      const abort = new AbortController()
      const { client } = await statsig((_, response) => {
        response.writeHead(202)
        response.write('{"success"', () => setTimeout(() => abort.abort(reason), 50))
      })
      await expect(client.logEvents(key, ['{}'], abort.signal)).rejects.toBe(reason)
    })
  })
})
