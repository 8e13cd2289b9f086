// The command line in this process, and a real API with its real store on a real port.
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import { serve } from '@hono/node-server'
import type { ExitCode } from '../../../bin/cli/exit-codes.ts'
import type { Io, Output } from '../../../bin/cli/io.ts'
import { runCli } from '../../../bin/cli/program.ts'
import { apiKey, createApiWorld, type ApiWorld } from '../../support/fake-deps.ts'

export interface Run {
  exitCode: ExitCode
  out: string
  err: string
  /** What stdout holds as one JSON document. */
  json: () => unknown
  /** What stdout holds as lines of JSON. */
  lines: () => Record<string, unknown>[]
}

export interface RunOptions {
  /** What is piped in; absent: a terminal at which nobody types. */
  stdin?: string
  env?: Record<string, string>
  cwd?: string
  /** The output is a terminal of so many columns. */
  columns?: number
  nowMs?: () => number
  interrupted?: AbortSignal
  onOut?: (text: string) => void
}

/** Runs a command line to its end. */
export async function run(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const { stdin, env = {}, cwd = '/nowhere', columns, nowMs = Date.now, interrupted, onOut } = options
  const [out, err] = [gather(columns, onOut), gather(columns)]
  let made = 0
  const input: Io['stdin'] = Object.assign(Readable.from(stdin === undefined ? [] : [stdin]), {
    isTTY: stdin === undefined,
  })
  const io: Io = {
    ...{ env, cwd, stdin: input, out: out.output, err: err.output, nowMs },
    uuid: () => `id-${process.pid}-${Math.random()}-${++made}`,
    interrupted: interrupted ?? new AbortController().signal,
  }
  const exitCode = await runCli(args, io)
  return {
    ...{ exitCode, out: out.text(), err: err.text() },
    json: () => JSON.parse(out.text()) as unknown,
    lines: () =>
      out
        .text()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  }
}

function gather(columns: number | undefined, onText: (text: string) => void = () => undefined) {
  let all = ''
  const stream = new PassThrough()
  stream.on('data', (chunk: Buffer) => {
    all += chunk.toString()
    onText(all)
  })
  Object.assign(stream, { isTTY: columns !== undefined, columns })
  const output: Output = { stream, isTty: columns !== undefined, columns: () => columns }
  return { output, text: () => all }
}

export interface ServedWorld extends ApiWorld {
  url: string
  /** A command line with this API and its key. */
  cli: (args: readonly string[], options?: RunOptions) => Promise<Run>
  /** Stops answering, as a process that was killed; `listen` answers on the same port again. */
  stopServer: () => Promise<void>
  listen: () => Promise<void>
}

export async function serveWorld(change?: Parameters<typeof createApiWorld>[0]): Promise<ServedWorld> {
  const world = createApiWorld(change)
  let server: Server
  let port = 0
  const listen = async () => {
    server = serve({ fetch: world.app.fetch, port, hostname: '127.0.0.1' }) as Server
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
  }
  const stopServer = async () => {
    world.deps.streams.closeAll()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  await listen()
  const url = `http://127.0.0.1:${port}`
  return {
    ...world,
    ...{ url, stopServer, listen },
    cli: (args, { env = {}, ...options } = {}) =>
      run(args, { ...options, env: { CAUSEWAY_URL: url, CAUSEWAY_API_KEY: apiKey, ...env } }),
    close: async () => {
      await stopServer()
      await world.close()
    },
  }
}
