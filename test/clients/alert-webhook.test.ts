import { createHmac } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createAlertWebhook, signatureOf } from '../../clients/alert-webhook.ts'
import { createOutboundGuard } from '../../clients/outbound-guard.ts'

const clock = { nowMs: () => 1_767_614_400_123 }
const never = new AbortController().signal
const request = { secret: 'a secret of sixteen', id: 'alt_1', body: '{"type":"alert.test"}' }

/** A receiver on this machine. */
async function receiver(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
}

const webhook = (allowed = ['127.0.0.1'], timeoutMs = 2_000) =>
  createAlertWebhook({ guard: createOutboundGuard(allowed), clock, timeoutMs })

describe('createAlertWebhook', () => {
  it('posts the body with a signature over id, time and body', async () => {
    const seen: { headers: IncomingHttpHeaders; body: string }[] = []
    const url = await receiver((incoming, outgoing) => {
      let body = ''
      incoming.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
      incoming.on('end', () => {
        seen.push({ headers: incoming.headers, body })
        outgoing.end('thanks')
      })
    })
    expect(await webhook().send({ ...request, url }, never)).toMatchObject({ status: 200, text: 'thanks' })
    const signed = `alt_1.1767614400.${request.body}`
    const expected = createHmac('sha256', request.secret).update(signed).digest('base64')
    expect(seen).toMatchObject([
      {
        body: request.body,
        headers: {
          'content-type': 'application/json',
          'webhook-id': 'alt_1',
          'webhook-timestamp': '1767614400',
          'webhook-signature': `v1,${expected}`,
        },
      },
    ])
  })

  it('follows no redirect', async () => {
    const url = await receiver((_, outgoing) =>
      outgoing.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    )
    expect(await webhook().send({ ...request, url }, never)).toMatchObject({ status: 302 })
  })

  it('reads no more of an answer than it shows, though it never ends', async () => {
    const url = await receiver((_, outgoing) => {
      outgoing.writeHead(500)
      const writing = setInterval(() => outgoing.write('x'.repeat(400)), 5)
      outgoing.on('close', () => clearInterval(writing))
    })
    const answer = await webhook().send({ ...request, url }, never)
    expect(answer).toMatchObject({ status: 500, text: 'x'.repeat(500) })
  })

  it('gives a slow receiver up', async () => {
    const url = await receiver(() => undefined)
    expect(await webhook(['127.0.0.1'], 100).send({ ...request, url }, never)).toMatchObject({
      status: undefined,
      text: 'no answer within 0.1 s',
    })
  })

  it('tells of a receiver that is not there or hangs up', async () => {
    const url = await receiver((incoming) => incoming.socket.destroy())
    expect(await webhook().send({ ...request, url }, never)).toMatchObject({
      status: undefined,
      text: 'ECONNRESET',
    })
    expect(await webhook().send({ ...request, url: 'http://127.0.0.1:1/' }, never)).toMatchObject({
      status: undefined,
      text: 'ECONNREFUSED',
    })
  })

  it('calls no address that is not public, by number or by name', async () => {
    let calls = 0
    const url = await receiver((_, outgoing) => {
      calls += 1
      outgoing.end()
    })
    const refused = { status: undefined, text: expect.stringContaining('not a public address') as string }
    expect(await webhook([]).send({ ...request, url }, never)).toMatchObject(refused)
    const byName = createAlertWebhook({
      guard: { ...createOutboundGuard([]), faultOf: () => undefined },
      clock,
    })
    const named = await byName.send({ ...request, url: url.replace('127.0.0.1', 'localhost') }, never)
    expect(named).toMatchObject({
      ...refused,
      text: expect.stringContaining('ADDRESS_NOT_ALLOWED') as string,
    })
    expect(calls).toBe(0)
  })

  it('throws when it is cancelled', async () => {
    const url = await receiver(() => undefined)
    const cancel = new AbortController()
    const sending = webhook().send({ ...request, url }, cancel.signal)
    cancel.abort()
    await expect(sending).rejects.toMatchObject({ name: 'AbortError' })
  })
})

describe('signatureOf', () => {
  it('is that of the Standard Webhooks example', () => {
    // https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md and its libraries' tests
    const signature = signatureOf(
      'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      'msg_p5jXN8AQM9LWM0D4loKWxJek',
      1_614_265_330,
      '{"test": 2432232314}',
    )
    expect(signature).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')
  })
})
