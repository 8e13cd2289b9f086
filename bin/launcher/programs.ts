/** The processes that `npm start` runs: their command lines, environments and signs of readiness. */
import { join } from 'node:path'
import { searchAttributes } from '../../core/search-attributes.ts'
import { vendorUrls } from '../../core/config.ts'
import { settings } from '../../core/config-table.ts'
import type { Config } from '../../core/config.ts'
import { freshLog } from './data-folder.ts'
import { accepts, reachable } from './ports.ts'
import type { ChildSpec } from './child.ts'

/** In the order in which they start; each stage waits for the one before. They stop in the order of `stopOrder`. */
export interface Programs {
  temporal: ChildSpec | undefined
  sandbox: ChildSpec | undefined
  api: ChildSpec
  workers: ChildSpec[]
}

const url = (host: string, port: number): string => `http://${reachable(host)}:${port}`

/** Where this machine reaches the API. */
export const apiUrl = ({ host, port }: Config): string => url(host, port)

async function answers(address: string): Promise<boolean> {
  const response = await fetch(address, { signal: AbortSignal.timeout(2_000) })
  await response.body?.cancel()
  return response.ok
}

/** What the children are told, so that none of them has to decide again: vendors, their URLs, Temporal. */
export function childEnv(config: Config): Record<string, string> {
  const urls = (Object.keys(vendorUrls.real) as (keyof typeof vendorUrls.real)[]).map(
    (key) => [settings[key].name, config[key]] as const,
  )
  return {
    ...Object.fromEntries(urls),
    CAUSEWAY_VENDORS: config.vendors,
    DATABASE_URL: config.databaseUrl,
    DATA_DIR: config.dataDir,
  }
}

async function nodeProgram(
  config: Config,
  name: string,
  probe?: ChildSpec['probe'],
  env: Record<string, string> = {},
): Promise<ChildSpec> {
  // Relative to the working folder of `npm start`, so that a process list reads `node … bin/worker.ts`.
  const args = ['--import', 'tsx/esm', `bin/${name}.ts`]
  const logPath = await freshLog(config.dataDir, name)
  // glibc keeps an arena a thread; of the many threads of Temporal's core that is 35 MB a worker (decision 0014).
  const ofProcess = { MALLOC_ARENA_MAX: '2', ...childEnv(config), ...env }
  const spec = { name, command: process.execPath, args, env: ofProcess, logPath }
  return probe ? { ...spec, kind: 'node', probe } : { ...spec, kind: 'node' }
}

/** The dev server: kept in the data folder, on the loopback address, with our search attributes. */
export async function temporalProgram(config: Config, executable: string): Promise<ChildSpec> {
  const attributes = searchAttributes.flatMap(({ name }) => ['--search-attribute', `${name}=Keyword`])
  const { dataDir, temporalPort, temporalUiPort, temporalNamespace } = config
  const places = ['--db-filename', join(dataDir, 'temporal.db'), '--ip', '127.0.0.1']
  const ports = ['--port', String(temporalPort), '--ui-port', String(temporalUiPort)]
  // Measured: more than twice the activities per second of its file database as it comes.
  const pragmas = ['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=normal']
  const rest = ['--namespace', temporalNamespace, '--log-level', 'error', '--ui-disable-news-fetch']
  return {
    name: 'temporal',
    kind: 'foreign',
    command: executable,
    args: ['server', 'start-dev', ...places, ...ports, ...pragmas, ...rest, ...attributes],
    logPath: await freshLog(dataDir, 'temporal'),
    probe: () => accepts('127.0.0.1', temporalPort),
  }
}

/** All programs of this configuration; `temporalExecutable` where we run Temporal ourselves. */
export async function programsOf(config: Config, temporalExecutable: string | undefined): Promise<Programs> {
  const sandbox = (): Promise<ChildSpec> =>
    nodeProgram(config, 'sandbox', () => accepts('127.0.0.1', config.sandboxPort), {
      // Our processes reach it on the loopback address, so an address of one interface alone will not do.
      HOST: ['0.0.0.0', '::'].includes(config.host) ? config.host : '127.0.0.1',
    })
  return {
    temporal:
      temporalExecutable === undefined ? undefined : await temporalProgram(config, temporalExecutable),
    sandbox: config.vendors === 'sandbox' ? await sandbox() : undefined,
    api: await nodeProgram(config, 'api', () => answers(`${apiUrl(config)}/healthz`)),
    workers: [await nodeProgram(config, 'worker'), await nodeProgram(config, 'bulk-worker')],
  }
}
