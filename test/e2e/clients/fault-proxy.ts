// Stands between a client and the product: does what networks and overloaded servers do, request by request.
import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { problemOf } from '../../../api/on-error.ts'
import { BridgeError } from '../../../core/errors.ts'

/**
 * `refuse`: our answer at a full disk. `break`: our answer to the unforeseen. `cut`: the connection goes before the
 * request has arrived. `cut-after`: it goes when all is accepted and only the answer is missing.
 */
export type Fault = 'refuse' | 'break' | 'cut' | 'cut-after'

export interface FaultProxy {
  url: string
  /** What came, preflights too. */
  seen: { method: string; path: string; headers: IncomingMessage['headers']; fault: Fault | undefined }[]
  close: () => Promise<void>
}

/** Passes on to `target`, but for the first POSTs: each of them meets the next fault of the list. */
export async function startFaultProxy(target: string, faults: readonly Fault[] = []): Promise<FaultProxy> {
  const left = [...faults]
  const seen: FaultProxy['seen'] = []
  const server = createServer((incoming, outgoing) => {
    const { method = '', url: path = '', headers } = incoming
    const fault = method === 'POST' ? left.shift() : undefined
    seen.push({ method, path, headers, fault })
    void answer(incoming, outgoing, fault)
  })

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse, fault: Fault | undefined) {
    const pieces: Buffer[] = []
    try {
      for await (const piece of incoming) pieces.push(piece as Buffer)
    } catch {
      return
    }
    if (fault === 'cut') outgoing.destroy()
    else if (fault === 'refuse') refuse(outgoing, 503)
    else if (fault === 'break') refuse(outgoing, 500)
    else await pass(incoming, outgoing, Buffer.concat(pieces), fault === 'cut-after')
  }

  async function pass(incoming: IncomingMessage, outgoing: ServerResponse, body: Buffer, cut: boolean) {
    const { method, headers, url } = incoming
    try {
      const onward = request(new URL(url ?? '/', target), { method, headers, agent: false }).end(body)
      const [answered] = (await once(onward, 'response')) as [IncomingMessage]
      const pieces: Buffer[] = []
      for await (const piece of answered) pieces.push(piece as Buffer)
      if (cut) outgoing.destroy()
      else outgoing.writeHead(answered.statusCode ?? 500, answered.headers).end(Buffer.concat(pieces))
    } catch {
      outgoing.destroy()
    }
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** As the api says it, but for a shorter wait; test/api keeps the real one to its words. */
function refuse(outgoing: ServerResponse, status: 500 | 503): void {
  const problem = status === 503 ? problemOf(new BridgeError('disk_full', '')) : { status, code: 'internal' }
  outgoing
    .writeHead(status, {
      ...{ 'content-type': 'application/problem+json', 'access-control-allow-origin': '*' },
      ...(status === 503 ? { 'retry-after': '1', 'access-control-expose-headers': 'Retry-After' } : {}),
    })
    .end(JSON.stringify(problem))
}
