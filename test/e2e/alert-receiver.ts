// A receiver of alerts on this machine, which verifies each as docs/alerts.md tells its readers to: by the very code there.
import { readFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

interface AlertBody {
  type: string
  data: { id: string; connectionId: string | null; subject: string | null; text: string }
}

export interface AlertReceiver {
  url: string
  /** What signatures are made with. */
  secret: string
  /** What was taken, in order. */
  taken: AlertBody[]
  /** How many were answered with 500, and how many did not prove who sent them. */
  refused: number
  forged: number
  /** The next alerts are answered with 500. */
  failNext: (times: number) => void
  close: () => Promise<void>
}

type Verify = (headers: IncomingHttpHeaders, body: string, secret: string) => boolean

async function verifierOfTheDocs(): Promise<Verify> {
  const page = readFileSync(new URL('../../docs/alerts.md', import.meta.url), 'utf8')
  const code = /```js\n([^]*?)```/.exec(page)?.[1] ?? ''
  const module = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
    isFromCauseway: Verify
  }
  return module.isFromCauseway
}

export async function openAlertReceiver(): Promise<AlertReceiver> {
  const verify = await verifierOfTheDocs()
  let failures = 0
  const take = (headers: IncomingHttpHeaders, body: string): boolean => {
    if (!verify(headers, body, receiver.secret)) {
      receiver.forged += 1
      return false
    }
    if (failures > 0) {
      failures -= 1
      receiver.refused += 1
      return false
    }
    receiver.taken.push(JSON.parse(body) as AlertBody)
    return true
  }
  const server = createServer((incoming, outgoing) => {
    let body = ''
    incoming.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
    incoming.on('end', () => {
      outgoing.writeHead(take(incoming.headers, body) ? 204 : 500).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const receiver: AlertReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    ...{ secret: '', taken: [], refused: 0, forged: 0 },
    failNext: (times) => (failures = times),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return receiver
}
