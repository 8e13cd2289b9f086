/** A product of a bench's own: its ports, its data folder, its key, and how it is asked. Processes are started one by one. */
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfig } from '../bin/load-config.ts'
import { temporalBinary } from '../bin/temporal-binary.ts'
import { start, startCommand, stopAll, until } from './processes.ts'

export interface Stack {
  dataDir: string
  url: string
  sandboxUrl: string
  apiKey: string
  headers: Record<string, string>
  /** One of bin/'s programs; the api and the sandbox are waited for by `answers`. */
  run: (program: 'api' | 'worker' | 'bulk-worker' | 'sandbox') => ChildProcess
  /** In memory, unless a file is named. */
  runTemporal: (file?: string) => Promise<void>
  answers: (url: string) => Promise<void>
  /** A call of the control plane. Throws what is refused. */
  call: <T>(method: string, path: string, body?: object) => Promise<T>
  /** Ends all processes; the data folder goes where it was made here. */
  close: () => Promise<void>
}

/** `base`: the api's port; sandbox, Temporal and its page have the next three. */
export function openStack(base: number, keptFolder?: string): Stack {
  const dataDir = keptFolder ?? mkdtempSync(join(tmpdir(), 'causeway-bench-'))
  const url = `http://127.0.0.1:${base}`
  const apiKey = 'bench-key-bench-key-bench-key'
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }
  const env = {
    ...{ DATA_DIR: dataDir, PORT: String(base), SANDBOX_PORT: String(base + 1), LOG_LEVEL: 'warn' },
    ...{ TEMPORAL_PORT: String(base + 2), CAUSEWAY_VENDORS: 'sandbox', CAUSEWAY_API_KEY: apiKey },
    CAUSEWAY_SECRET_KEY: masterKey.toString('base64'),
  }
  return {
    ...{ dataDir, url, sandboxUrl: `http://127.0.0.1:${base + 1}`, apiKey, headers },
    run: (program) => start(`bin/${program}.ts`, [], env),
    async runTemporal(file) {
      const path = await temporalBinary('cli', { cacheDir: readConfig().cacheDir, onStep: () => undefined })
      // As the launcher starts it.
      const pragmas = ['journal_mode=wal', 'synchronous=normal'].flatMap((one) => ['--sqlite-pragma', one])
      startCommand(path, [
        ...['server', 'start-dev', '--ip', '127.0.0.1', '--log-level', 'never'],
        ...['--port', String(base + 2), '--ui-port', String(base + 3)],
        ...(file === undefined ? [] : ['--db-filename', file, ...pragmas]),
      ])
    },
    answers: (address) => until(async () => (await fetch(`${address}/healthz`)).ok),
    async call<T>(method: string, path: string, body?: object): Promise<T> {
      const init = { method, headers, ...(body && { body: JSON.stringify(body) }) }
      const answer = await fetch(`${url}/api/v1${path}`, init)
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
      return (await answer.json()) as T
    },
    async close() {
      await stopAll()
      if (keptFolder === undefined) rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** For whoever writes the database before a process does. */
export const masterKey = Buffer.alloc(32, 1)
