import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parseConfig } from '../../../core/config.ts'
import type { Config } from '../../../core/config.ts'
import type { ChildSpec } from '../../../bin/launcher/child.ts'
import { launch } from '../../../bin/launcher/launch.ts'
import type { Programs } from '../../../bin/launcher/programs.ts'
import type { StopRequest } from '../../../bin/launcher/stop-request.ts'
import {
  diary,
  eventually,
  freePort,
  isAlive,
  nodeChild,
  obedient,
  quick,
  temporaryFolder,
} from './fake-programs.ts'

interface Started {
  folder: string
  said: () => string
  stop: AbortController
  urgent: AbortController
  exitCode: Promise<number>
}

async function configFor(folder: string, env: Record<string, string> = {}): Promise<Config> {
  const ports = await Promise.all([freePort(), freePort(), freePort(), freePort()])
  const [port, sandbox, temporal, ui] = ports.map(String)
  const places = { PORT: port, SANDBOX_PORT: sandbox, TEMPORAL_PORT: temporal, TEMPORAL_UI_PORT: ui }
  const result = parseConfig(
    { HOME: folder, DATA_DIR: join(folder, 'data'), ...places, ...env },
    { vendorsByDefault: 'sandbox' },
  )
  if (!result.ok) throw new Error(result.problems.join())
  return result.config
}

const fakeApiChild = (folder: string, { port }: Config, key: string): ChildSpec => ({
  name: 'api',
  kind: 'node',
  command: process.execPath,
  args: ['--import', 'tsx/esm', 'test/bin/launcher/fake-api.ts', String(port)],
  env: { CAUSEWAY_API_KEY: key },
  logPath: join(folder, 'api.log'),
})

async function household(folder: string, config: Config, changes: Partial<Programs> = {}): Promise<Programs> {
  const { apiKey } = JSON.parse(await readFile(join(config.dataDir, 'keys.json'), 'utf8')) as {
    apiKey: string
  }
  return {
    temporal: obedient(folder, 'temporal'),
    sandbox: obedient(folder, 'sandbox'),
    api: fakeApiChild(folder, config, apiKey),
    workers: [obedient(folder, 'worker', 200), obedient(folder, 'bulk-worker', 100)],
    ...changes,
  }
}

async function started(
  changes: (folder: string) => Partial<Programs> = () => ({}),
  env: Record<string, string> = {},
): Promise<Started> {
  const folder = await temporaryFolder()
  const config = await configFor(folder, env)
  const lines: string[] = []
  const stop = new AbortController()
  const urgent = new AbortController()
  const request: StopRequest = { asked: stop.signal, urgent: urgent.signal, release: () => {} }
  const exitCode = launch({
    config,
    stop: request,
    say: (line) => void lines.push(line),
    patience: quick,
    programs: () => household(folder, config, changes(folder)),
  })
  onTestFinished(async () => {
    stop.abort('end of test')
    urgent.abort()
    await exitCode
  })
  return { folder, said: () => lines.join('\n'), stop, urgent, exitCode }
}

describe('launch', () => {
  it('starts everything, shows the journey of one event, and stops in order at Ctrl-C', async () => {
    const { folder, said, stop, exitCode } = await started()
    await eventually('the journey', () => said().includes('Ctrl-C stops everything'))
    stop.abort('Ctrl-C')
    expect(await exitCode).toBe(0)
    expect(await diary(folder)).toEqual([
      'bulk-worker stops',
      'worker stops',
      'sandbox stops',
      'temporal stops',
    ])
    expect(said()).toMatch(
      /SANDBOX[^]*delivered +\+42 ms[^]*workflows\/lane:con_demo:events[^]*Stopping \(Ctrl-C\)/,
    )
  })

  it('prints where the key is, and never the key', async () => {
    const { folder, said } = await started()
    await eventually('the journey', () => said().includes('Ctrl-C stops everything'))
    const keys = JSON.parse(await readFile(join(folder, 'data', 'keys.json'), 'utf8')) as Record<
      string,
      string
    >
    expect(said()).toContain(join(folder, 'data', 'keys.json'))
    for (const key of Object.values(keys)) expect(said()).not.toContain(key)
  })

  it('says how to make a connection where the vendors are real', async () => {
    const { said } = await started(() => ({ sandbox: undefined }), { CAUSEWAY_VENDORS: 'real' })
    await eventually('the end of the start', () => said().includes('Ctrl-C stops everything'))
    expect(said()).toMatch(/REAL VENDORS[^]*https:\/\/events\.statsigapi\.net[^]*Make a connection/)
    expect(said()).not.toContain('delivered')
  })

  it('ends by itself when a child cannot be kept alive, and says which, why, and the end of its log', async () => {
    const broken = (folder: string) =>
      nodeChild(folder, 'worker', "console.error('no such table: lanes'); process.exit(7)")
    const { folder, said, exitCode } = await started((folder) => ({ workers: [broken(folder)] }))
    expect(await exitCode).toBe(1)
    expect(said()).toMatch(/worker ended \(exit code 7 after .*\); starting it again in 0\.02 s/)
    expect(said()).toMatch(/worker cannot be kept alive: it ended 4 times in a row, at last by exit code 7/)
    expect(said()).toContain('  | no such table: lanes')
    expect(await diary(folder)).toEqual(['sandbox stops', 'temporal stops'])
  })

  it('starts a child again that is killed, and goes on', async () => {
    const { folder, said } = await started((folder) => ({
      workers: [
        nodeChild(folder, 'worker', "note(process.pid); process.send('ready'); setInterval(() => {}, 1000)"),
      ],
    }))
    const [first] = await eventually('a worker', async () =>
      (await diary(folder)).length ? diary(folder) : undefined,
    )
    process.kill(Number(first), 'SIGKILL')
    const pids = await eventually('another', async () =>
      (await diary(folder)).length > 1 ? diary(folder) : undefined,
    )
    expect(isAlive(Number(pids[1]))).toBe(true)
    await eventually('the line', () => said().includes('worker ended (SIGKILL after'))
  })

  it('kills what is left when it is asked a second time', async () => {
    const stubborn = (folder: string) =>
      nodeChild(
        folder,
        'worker',
        "process.on('SIGTERM', () => note('asked')); process.send('ready'); setInterval(() => {}, 1000)",
      )
    const { folder, said, stop, urgent, exitCode } = await started((folder) => ({
      workers: [stubborn(folder)],
    }))
    await eventually('the journey', () => said().includes('Ctrl-C stops everything'))
    stop.abort('Ctrl-C')
    await eventually('the polite way', async () => (await diary(folder)).includes('asked'))
    const startedAt = performance.now()
    urgent.abort()
    expect(await exitCode).toBe(0)
    expect(performance.now() - startedAt).toBeLessThan(1_000)
  })

  it('stops while it is still starting', async () => {
    const silent = (folder: string) => nodeChild(folder, 'sandbox', 'setInterval(() => {}, 1000)')
    const { said, stop, exitCode } = await started((folder) => ({ sandbox: silent(folder) }))
    await eventually('the sandbox', () => said().includes('Starting the sandbox'))
    stop.abort('SIGTERM')
    expect(await exitCode).toBe(0)
    expect(said()).not.toContain('Starting the API')
  })
})

describe('npm start', () => {
  async function startIn(env: Record<string, string>): Promise<{ code: number; output: string }> {
    const child = spawn(process.execPath, ['--import', 'tsx/esm', 'bin/start.ts'], {
      env: { ...process.env, ...env },
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
    const [code] = (await once(child, 'exit')) as [number]
    return { code, output }
  }

  it('names every port that is taken and a data folder that is a file, before anything starts', async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'data'), '')
    const config = await configFor(folder)
    const servers = [createServer(), createServer()] as const
    await Promise.all(
      [config.port, config.temporalUiPort].map(
        (port, index) => new Promise<void>((resolve) => servers[index]?.listen(port, '127.0.0.1', resolve)),
      ),
    )
    onTestFinished(() => servers.forEach((server) => server.close()))
    const { code, output } = await startIn({
      DATA_DIR: join(folder, 'data'),
      PORT: String(config.port),
      SANDBOX_PORT: String(config.sandboxPort),
      TEMPORAL_PORT: String(config.temporalPort),
      TEMPORAL_UI_PORT: String(config.temporalUiPort),
    })
    expect(code).toBe(1)
    expect(output).toContain('set DATA_DIR to another folder')
    expect(output).toMatch(
      new RegExp(`Port ${config.port} \\(API and ingest\\) is taken .*PORT=\\d+ npm start`),
    )
    expect(output).toMatch(new RegExp(`Port ${config.temporalUiPort} .*TEMPORAL_UI_PORT=\\d+ npm start`))
    expect(output).not.toContain('Starting')
  })

  it('lists every problem of the configuration and starts nothing', async () => {
    const { code, output } = await startIn({ PORT: 'http', LATE_AFTER: 'soon' })
    expect(code).toBe(1)
    expect(output).toMatch(/PORT must be [^]*LATE_AFTER must be [^]*docs\/config\.md/)
  })
})
