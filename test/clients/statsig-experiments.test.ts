import { once } from 'node:events'
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createStatsigExperiments } from '../../clients/statsig-experiments.ts'

const clock = { ms: 0, nowMs: () => clock.ms }
const lines: object[] = []
const log = {
  info: () => undefined,
  warn: (fields: object) => void lines.push(fields),
  error: () => undefined,
}
let servers: Server[] = []
afterEach(async () => {
  for (const server of servers) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  servers = []
  lines.length = 0
})

const experiment = (id: string) => ({ id, name: id, groups: [{ id: `${id}-1`, name: 'Control', size: 50 }] })

/** A Console API with so many experiments, and the client that asks it. `answer` takes the place of the list. */
async function project(count: number, answer?: RequestListener, waitMs = 10_000) {
  const seen: IncomingMessage[] = []
  const made = Array.from({ length: count }, (_, n) => experiment(`e${n}`))
  const stage = { made, answer }
  const server = createServer((request, response) => {
    seen.push(request)
    if (stage.answer) {
      stage.answer(request, response)
      return
    }
    const page = Number(new URL(request.url ?? '', 'http://x').searchParams.get('page'))
    response.end(JSON.stringify({ message: 'ok', data: stage.made.slice((page - 1) * 100, page * 100) }))
  })
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const consoleUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/console/v1/`
  const client = createStatsigExperiments({ consoleUrl, clock, log, waitMs })
  return { seen, stage, of: () => client.of('console-KEYKEYKEY') }
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 10))
}

describe('createStatsigExperiments', () => {
  it('reads all pages, with the names of the groups', async () => {
    const { of, seen } = await project(201)
    const found = await of()
    expect(found?.size).toBe(201)
    expect(found?.get('e200')?.get('e200-1')).toBe('Control')
    expect(seen.map(({ url }) => url)).toEqual(
      [1, 2, 3].map((page) => `/console/v1/experiments?limit=100&page=${page}`),
    )
    expect(seen[0]?.headers['statsig-api-key']).toBe('console-KEYKEYKEY')
  })

  it('asks once for many, and again after two minutes, with what was known in the meantime', async () => {
    const { of, seen, stage } = await project(1)
    await Promise.all([of(), of(), of()])
    expect(seen).toHaveLength(1)
    stage.made.push(experiment('later'))
    clock.ms += 119_999
    expect((await of())?.size).toBe(1)
    clock.ms += 1
    expect((await of())?.size).toBe(1)
    await until(async () => (await of())?.has('later') === true)
    expect(seen).toHaveLength(2)
  })

  it.each<[string, RequestListener]>([
    ['an outage', (_, response) => response.writeHead(503).end()],
    ['a refused key', (_, response) => response.writeHead(401).end('{"message":"console-KEYKEYKEY"}')],
    ['another shape', (_, response) => response.end('{"data":[{"name":1}]}')],
    ['no JSON', (_, response) => response.end('<html>')],
    ['a cut connection', (_, response) => response.destroy()],
    ['a redirect', (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()],
  ])(
    'knows nothing after %s, says so without the key, and asks again half a minute later',
    async (_, answer) => {
      const { of, seen, stage } = await project(1, answer)
      expect(await of()).toBeUndefined()
      expect(await of()).toBeUndefined()
      expect(seen).toHaveLength(1)
      expect(lines).toMatchObject([{ event: 'experiments.unknown' }])
      expect(JSON.stringify(lines)).not.toContain('KEYKEY')
      stage.answer = undefined
      clock.ms += 30_000
      expect((await of())?.size).toBe(1)
    },
  )

  it('keeps what it knew through an outage', async () => {
    const { of, stage } = await project(2)
    await of()
    stage.answer = (_, response) => response.writeHead(500).end()
    clock.ms += 120_000
    expect((await of())?.size).toBe(2)
    await until(async () => lines.length > 0)
    expect((await of())?.size).toBe(2)
  })

  it('holds nobody up for long: a slow answer counts once it is there', async () => {
    const held: ServerResponse[] = []
    const { of } = await project(0, (_, response) => void held.push(response), 20)
    expect(await of()).toBeUndefined()
    await until(async () => held.length > 0)
    held[0]?.end(JSON.stringify({ data: [experiment('slow')] }))
    await until(async () => (await of())?.has('slow') === true)
  })
})
