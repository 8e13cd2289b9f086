import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { serveSandbox, type RunningSandbox } from '../../sandbox/serve.ts'
import { BODY_BYTES_MAX } from '../../sandbox/statsig/log-event.ts'
import { at } from './sandbox-client.ts'

const running: RunningSandbox[] = []

async function listen() {
  const sandbox = await serveSandbox({ port: 0, nowMs: Date.now })
  running.push(sandbox)
  return at(sandbox.origin)
}

afterEach(async () => {
  await Promise.all(running.splice(0).map(({ close }) => close()))
})

describe('serveSandbox', () => {
  it('takes a batch over a real connection and lists it', async () => {
    const sandbox = await listen()
    const sent = Array.from({ length: 1_000 }, (_, index) => ({ eventName: 'a', value: index }))
    const init = {
      headers: { 'statsig-api-key': 'secret-a', 'content-encoding': 'gzip' },
      body: gzipSync(JSON.stringify({ events: sent })),
    }
    expect((await sandbox.logEvents([], init)).status).toBe(202)
    expect(await sandbox.events()).toEqual(sent)
  })

  it('hangs up on a request that meets such a fault, and keeps nothing of it', async () => {
    const sandbox = await listen()
    await sandbox.addFault({ target: 'statsig.log_event', hangUp: true, times: 1 })
    const failure: unknown = await sandbox.logEvents([{ eventName: 'lost' }]).catch((error: unknown) => error)
    const { cause } = failure as { cause?: { code?: string } }
    expect(cause?.code).toMatch(/UND_ERR_SOCKET|ECONNRESET/)
    expect((await sandbox.logEvents([{ eventName: 'kept' }])).status).toBe(202)
    expect(await sandbox.events()).toEqual([{ eventName: 'kept' }])
    expect((await sandbox.requests()).map(({ status }) => status)).toEqual([null, 202])
  })

  it('serves a caller that gave up during a delay, as a slow vendor does', async () => {
    const sandbox = await listen()
    await sandbox.addFault({ target: 'statsig.log_event', delayMs: 150, times: 1 })
    const lost = sandbox.logEvents([{ eventName: 'late' }], { signal: AbortSignal.timeout(50) })
    await expect(lost).rejects.toMatchObject({ name: 'TimeoutError' })
    await expect.poll(() => sandbox.events(), { timeout: 10_000 }).toEqual([{ eventName: 'late' }])
  })

  it('answers 413 to a body that is announced as too large', async () => {
    const sandbox = await listen()
    const answer = await sandbox.logEvents([], { body: ' '.repeat(BODY_BYTES_MAX + 1) })
    expect(answer.status).toBe(413)
  })

  it('answers 413 to a chunked body that grows too large', async () => {
    const sandbox = await listen()
    const chunks = Array.from({ length: 11 }, () => Buffer.alloc(1_000_000, ' '))
    const answer = await sandbox.logEvents([], { body: ReadableStream.from(chunks), duplex: 'half' })
    expect(answer.status).toBe(413)
  })

  it('rejects with EADDRINUSE when the port is taken', async () => {
    const first = await serveSandbox({ port: 0, nowMs: Date.now })
    running.push(first)
    const port = Number(new URL(first.origin).port)
    await expect(serveSandbox({ port, nowMs: Date.now })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })

  it('closes at once though a request is held by a delay', async () => {
    const held = await serveSandbox({ port: 0, nowMs: Date.now })
    const sandbox = at(held.origin)
    await sandbox.addFault({ target: 'statsig.log_event', delayMs: 60_000, times: 1 })
    const cut = expect(sandbox.logEvents([{}])).rejects.toThrow('fetch failed')
    await expect.poll(async () => (await sandbox.ask('/_sandbox/faults')).text()).toBe('[]')
    await held.close()
    await cut
  })
})
