import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { lookup } from 'node:dns/promises'
import { request } from 'node:https'
import { describe, expect, it } from 'vitest'

describe('NetworkRefused', () => {
  it('is what a fetch beyond this machine fails with', async () => {
    await expect(fetch('http://events.statsigapi.net/v1/log_event')).rejects.toMatchObject({
      cause: {
        name: 'NetworkRefused',
        message: expect.stringContaining('events.statsigapi.net:80') as string,
      },
    })
  })

  it('is what an https request to an address beyond this machine fails with', async () => {
    const failure = new Promise((resolve) => request('https://192.0.2.1/').once('error', resolve).end())
    await expect(failure).resolves.toMatchObject({ name: 'NetworkRefused' })
  })

  it('is what a look-up of a name beyond this machine fails with', async () => {
    await expect(lookup('api.segment.io')).rejects.toMatchObject({ name: 'NetworkRefused' })
  })

  it('is not in the way of a server on this machine', async () => {
    const server = createServer((_, response) => response.end('here'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const answers = [`http://127.0.0.1:${port}/`, `http://localhost:${port}/`].map((url) =>
      fetch(url).then((response) => response.text()),
    )
    expect(await Promise.all(answers)).toEqual(['here', 'here'])
    server.close()
  })
})
