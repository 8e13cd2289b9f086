// The least of the API that the demo needs, by DESIGN's contract. Imported by tests, or run with a port as a process.
import { createServer } from 'node:http'
import type { IncomingMessage, Server } from 'node:http'
import { argv } from 'node:process'
import { pathToFileURL } from 'node:url'
import { onProcessEnd } from '../../../bin/process-life.ts'

export interface FakeApiOptions {
  key: string
  /** How a message ends; `pending` never does. */
  outcome?: string
  connections?: { id: string; name: string; writeKey: string }[]
  /** Called at each request, with method and path. */
  onCall?: (call: string) => void
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : undefined
}

/** One page holds one connection, so that cursors are needed. */
export function fakeApi({ key, outcome = 'delivered', connections = [], onCall }: FakeApiOptions): Server {
  const messages: { messageId: string; event: string }[] = []
  const entry = (messageId: string) => ({
    id: `msg_${messageId}`,
    outcome,
    reason: outcome === 'rejected' ? 'no_id' : null,
    receivedAt: '2026-11-25T10:00:00.100Z',
    endedAt: outcome === 'pending' ? null : '2026-11-25T10:00:00.142Z',
  })
  const answer = async (request: IncomingMessage): Promise<[number, unknown]> => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://api')
    const call = `${request.method ?? ''} ${pathname}`
    onCall?.(call)
    if (call === 'GET /healthz' || call === 'GET /readyz') return [200, {}]
    if (call === 'POST /v1/batch') {
      messages.push(...((await bodyOf(request)) as { batch: typeof messages }).batch)
      return [200, { success: true }]
    }
    if (request.headers.authorization !== `Bearer ${key}`) return [401, { code: 'unauthorized' }]
    if (call === 'GET /api/v1/connections') {
      const at = Number(searchParams.get('cursor') ?? 0)
      return [
        200,
        {
          data: connections.slice(at, at + 1),
          nextCursor: at + 1 < connections.length ? String(at + 1) : null,
        },
      ]
    }
    if (call === 'POST /api/v1/connections') {
      const { name, writeKey } = (await bodyOf(request)) as { name: string; writeKey: string }
      const made = { id: 'con_demo', name, writeKey }
      connections.push(made)
      return [201, made]
    }
    if (pathname.endsWith('/messages')) {
      const wanted = messages.filter(({ messageId }) => messageId === searchParams.get('messageId'))
      return [200, { data: wanted.map(({ messageId }) => entry(messageId)), nextCursor: null }]
    }
    if (pathname.startsWith('/api/v1/messages/'))
      return [200, { attempts: [{ at: '2026-11-25T10:00:00.112Z', status: 202 }] }]
    return [404, { code: 'not_found' }]
  }
  return createServer((request, response) => {
    void answer(request).then(([status, body]) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
  })
}

if (import.meta.url === pathToFileURL(argv[1] ?? '').href) {
  const server = fakeApi({ key: process.env.CAUSEWAY_API_KEY ?? '' })
  const life = onProcessEnd(async () => {
    server.close()
    server.closeAllConnections()
  })
  server.listen(Number(argv[2]), '127.0.0.1', () => life.ready())
}
