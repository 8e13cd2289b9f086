import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { portProblems } from '../../../bin/launcher/ports.ts'
import type { PortUse } from '../../../bin/launcher/ports.ts'
import { freePort } from './fake-programs.ts'

async function takenPort(host: string): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}
const use = (port: number, host = '127.0.0.1'): PortUse => ({ host, port, variable: 'PORT', usedFor: 'API' })

describe('portProblems', () => {
  it('is silent about free ports', async () => {
    expect(await portProblems([use(await freePort()), use(await freePort())])).toEqual([])
  })

  it.each(['127.0.0.1', '0.0.0.0'])(
    'names the port that another listens on at %s, and how to use a free one',
    async (host) => {
      const port = await takenPort(host)
      const [problem, ...others] = await portProblems([use(port), use(await freePort())])
      expect(others).toEqual([])
      expect(problem).toMatch(new RegExp(`^Port ${port} \\(API\\) is taken .* PORT=\\d+ npm start$`))
      const suggested = Number(/PORT=(\d+)/.exec(problem ?? '')?.[1])
      expect(await portProblems([use(suggested)])).toEqual([])
    },
  )

  it('does not suggest a port that we need for something else', async () => {
    const port = await takenPort('127.0.0.1')
    const next = Array.from({ length: 49 }, (_, index) => use(port + 1 + index))
    const problem = (await portProblems([use(port), ...next])).find((text) =>
      text.startsWith(`Port ${port} `),
    )
    expect(problem).toMatch(/PORT=(\d+) npm start$|set PORT to a free one$/)
    const suggested = Number(/PORT=(\d+)/.exec(problem ?? '')?.[1] ?? port + 50)
    expect(suggested).toBe(port + 50)
  })

  it('says so when the address is not of this machine', async () => {
    const [problem] = await portProblems([
      use(await freePort(), '127.0.0.1'),
      use(await freePort(), '198.51.100.7'),
    ])
    expect(problem).toBe(
      '198.51.100.7 is not an address of this machine. Set HOST to one, or leave it out for 127.0.0.1.',
    )
  })
})
