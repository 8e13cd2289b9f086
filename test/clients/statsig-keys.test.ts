// Statsig's own answers to a key, on loopback: the sandbox takes any key, and so cannot tell projects apart.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createStatsigKeys } from '../../clients/statsig-keys.ts'
import type { StatsigKeys } from '../../core/ports.ts'

let server: Server
let keys: StatsigKeys
let seen: { url: string; key: string; body: string }[]
/** What the next requests are answered. */
let answer: (url: string) => { status: number; json?: unknown }
beforeEach(async () => {
  seen = []
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      seen.push({ url: request.url ?? '', key: String(request.headers['statsig-api-key']), body })
      const { status, json } = answer(request.url ?? '')
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json ?? {}))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  keys = createStatsigKeys({ eventsUrl: `${origin}/v1/`, consoleUrl: `${origin}/console/v1` })
})
afterEach(() => server.close())

const statuses: [number, string, string][] = [
  [200, 'alive', 'alive'],
  [202, 'alive', 'alive'],
  // An empty request is refused for its emptiness when the key was taken.
  [400, 'alive', 'unknown'],
  [401, 'refused', 'refused'],
  [403, 'refused', 'refused'],
  [429, 'unknown', 'unknown'],
  [500, 'unknown', 'unknown'],
  [302, 'unknown', 'unknown'],
]

describe('createStatsigKeys', () => {
  it.each(statuses)(
    'reads %i to a server key as %s, to a console key as %s',
    async (status, server, console) => {
      answer = () => ({ status })
      expect(await keys.server('secret-1')).toBe(server)
      expect(await keys.console('console-1')).toBe(console)
      expect(seen).toEqual([
        { url: '/v1/log_event', key: 'secret-1', body: '{"events":[]}' },
        { url: '/console/v1/unit_id_types', key: 'console-1', body: '' },
      ])
    },
  )

  it('does not know of a key where nobody answers', async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    expect([await keys.server('secret-1'), await keys.console('console-1')]).toEqual(['unknown', 'unknown'])
    expect(await keys.isOfProject('secret-1', 'console-1')).toBeUndefined()
  })

  const key = (text: string | null, type = 'SERVER') => ({ key: text, type })
  it.each<[string, unknown[], boolean | undefined]>([
    ['is listed', [key('client-1', 'CLIENT'), key('secret-0'), key('secret-1')], true],
    ['is not among those of the project', [key('secret-0'), key('secret-2')], false],
    ['is not shown, for no key is', [key(null), key('client-1', 'CLIENT')], undefined],
  ])('says of a server key that %s', async (_, data, expected) => {
    answer = () => ({ status: 200, json: { data } })
    expect(await keys.isOfProject('secret-1', 'console-1')).toBe(expected)
  })

  it('looks through all pages, and says nothing where it may not look', async () => {
    const page = Array.from({ length: 100 }, (_, n) => key(`secret-a${n}`))
    answer = (url) => ({ status: 200, json: { data: url.includes('page=2') ? [key('secret-1')] : page } })
    expect(await keys.isOfProject('secret-1', 'console-1')).toBe(true)
    expect(seen).toHaveLength(2)
    answer = () => ({ status: 403 })
    expect(await keys.isOfProject('secret-1', 'console-1')).toBeUndefined()
  })
})
