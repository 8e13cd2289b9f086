// The whole product as `npm start` runs it: real processes, ports of its own, a data folder of its own.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Causeway {
  url: string
  sandboxUrl: string
  temporalAddress: string
  dataDir: string
  /** What the launcher printed so far. */
  output: () => string
  /** A call of the control plane, with the key. */
  api: <T>(method: string, path: string, body?: object, headers?: Record<string, string>) => Promise<T>
  sandbox: <T>(method: string, path: string, body?: object) => Promise<T>
  /** Sends SIGKILL to the process whose command line has this text. */
  kill9: (part: string) => number
  pidOf: (part: string) => number | undefined
  /** Ctrl-C, as a terminal sends it; answers the exit code. */
  stop: () => Promise<number | null>
  cleanUp: () => void
}

/**
 * Free ports below those that the system gives to whoever asks for any: between our look and the start, the next
 * connection or test server would take one of those.
 */
async function freePorts(n: number): Promise<number[]> {
  const ports = new Set<number>()
  while (ports.size < n) {
    const port = randomInt(16_000, 32_000)
    if (await isFree(port)) ports.add(port)
  }
  return [...ports]
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const isOpen = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true))
  })
  if (isOpen) await new Promise((resolve) => server.close(resolve))
  return isOpen
}

/** Starts everything and waits for the launcher's word that the demo was delivered. `settings` are variables of the environment. */
export async function startCauseway(
  dataDir = mkdtempSync(join(tmpdir(), 'causeway-e2e-')),
  settings: Record<string, string> = {},
): Promise<Causeway> {
  const [port, sandboxPort, temporalPort, uiPort] = await freePorts(4)
  const env = {
    ...process.env,
    ...{ DATA_DIR: dataDir, PORT: String(port), SANDBOX_PORT: String(sandboxPort) },
    ...{ TEMPORAL_PORT: String(temporalPort), TEMPORAL_UI_PORT: String(uiPort), LOG_LEVEL: 'warn' },
    ...settings,
  }
  // A process group of its own, so that Ctrl-C can be sent to the group as a terminal does.
  const child = spawn(process.execPath, ['--import', 'tsx/esm', 'bin/start.ts'], { env, detached: true })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  try {
    await waitFor(
      () => /Ctrl-C stops everything/.test(output),
      90_000,
      () => `npm start did not get ready:\n${output}`,
    )
  } catch (error) {
    if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGINT')
    throw error
  }
  const url = `http://127.0.0.1:${port}`
  const sandboxUrl = `http://127.0.0.1:${sandboxPort}`
  const { apiKey } = JSON.parse(readFileSync(join(dataDir, 'keys.json'), 'utf8')) as { apiKey: string }
  return {
    ...{ url, sandboxUrl, temporalAddress: `127.0.0.1:${temporalPort}`, dataDir, output: () => output },
    api: (method, path, body, headers) =>
      call(`${url}/api/v1${path}`, method, body, { authorization: `Bearer ${apiKey}`, ...headers }),
    sandbox: (method, path, body) => call(`${sandboxUrl}/_sandbox${path}`, method, body),
    pidOf: (part) => pidOf(child, part),
    kill9(part) {
      const pid = pidOf(child, part)
      if (pid === undefined) throw new Error(`no process of ours has "${part}"`)
      process.kill(pid, 'SIGKILL')
      return pid
    },
    async stop() {
      if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGINT')
      return exited
    },
    cleanUp: () => rmSync(dataDir, { recursive: true, force: true }),
  }
}

async function call<T>(
  url: string,
  method: string,
  body: object | undefined,
  headers: Record<string, string> = {},
): Promise<T> {
  const init =
    body === undefined
      ? { method, headers }
      : { method, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) }
  const response = await fetch(url, init)
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${text}`)
  return (text === '' ? undefined : JSON.parse(text)) as T
}

/** The child of this launcher whose command line has the text. */
function pidOf(launcher: ChildProcess, part: string): number | undefined {
  const rows = execFileSync('ps', ['-eo', 'pid=,pgid=,args='], { encoding: 'utf8' }).split('\n')
  for (const row of rows) {
    const [, pid, group, args] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(row) ?? []
    if (Number(group) === launcher.pid && args?.includes(part)) return Number(pid)
  }
  return undefined
}

export async function waitFor(
  isSo: () => boolean | Promise<boolean>,
  timeoutMs: number,
  why: () => string = () => 'it did not come to pass',
): Promise<void> {
  for (const startedMs = Date.now(); ;) {
    try {
      if (await isSo()) return
    } catch (error) {
      if (Date.now() - startedMs > timeoutMs) throw error
    }
    if (Date.now() - startedMs > timeoutMs) throw new Error(why())
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

export interface Stats {
  inbound: {
    totals: Record<'accepted' | 'delivered' | 'filtered' | 'skipped' | 'rejected' | 'pending', number>
  }
}
export interface ListedEntry {
  id: string
  messageId: string
  outcome: string
  reason?: string
}
