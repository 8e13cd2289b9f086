// What the sandbox's tests say to it, over app.request or a real port alike.
import { createSandbox } from '../../sandbox/app.ts'
import type { LoggedRequest } from '../../sandbox/statsig/event-log.ts'

type Ask = (path: string, init?: RequestInit) => Promise<Response>

export interface SandboxClient {
  ask: Ask
  logEvents: (events: unknown[], init?: RequestInit & { path?: string; key?: string }) => Promise<Response>
  addFault: (fault: object) => Promise<Response>
  events: () => Promise<unknown[]>
  requests: () => Promise<LoggedRequest[]>
}

/** A fresh sandbox whose clock stands at `nowMs`. */
export function inProcess(nowMs = 1_700_000_000_000): SandboxClient {
  const { app } = createSandbox({ nowMs: () => nowMs })
  return clientOf(async (path, init) => app.request(path, init))
}

/** A client of a sandbox that listens. */
export function at(origin: string): SandboxClient {
  return clientOf((path, init) => fetch(origin + path, init))
}

function clientOf(ask: Ask): SandboxClient {
  return {
    ask,
    logEvents: (events, { path = '/v1/log_event', key = 'secret-a', ...init } = {}) =>
      ask(path, {
        method: 'POST',
        headers: { 'statsig-api-key': key, 'content-type': 'application/json' },
        body: JSON.stringify({ events }),
        ...init,
      }),
    addFault: (fault) => ask('/_sandbox/faults', { method: 'POST', body: JSON.stringify(fault) }),
    events: async () => (await (await ask('/_sandbox/statsig/events')).json()) as unknown[],
    requests: async () => (await (await ask('/_sandbox/statsig/requests')).json()) as LoggedRequest[],
  }
}

/** A zstd frame of one stored block, up to 128 KB: the format's simplest form, since Node 20 cannot compress zstd. */
export function zstdStored(content: Buffer): Buffer {
  const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0, 0, 0, 0])
  header.writeUInt32LE(content.length, 5)
  header.writeUIntLE((content.length << 3) | 1, 9, 3)
  return Buffer.concat([header, content])
}

/** A zstd frame of a few bytes that unpacks to `blocks` x 128 KB of spaces. */
export function zstdBomb(blocks: number): Buffer {
  const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38]) // window of 128 KB
  const body = Array.from({ length: blocks }, (_, index) => {
    const block = Buffer.from([0, 0, 0, 0x20])
    block.writeUIntLE(((128 * 1024) << 3) | (1 << 1) | (index === blocks - 1 ? 1 : 0), 0, 3)
    return block
  })
  return Buffer.concat([header, ...body])
}
