/** The story of `npm start`: check, prepare, start in stages, show one event's journey, keep alive, stop well. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../../core/config.ts'
import { temporalBinary } from '../temporal-binary.ts'
import { banner, firstConnection, links } from './banner.ts'
import { openDataFolder } from './data-folder.ts'
import { Household } from './household.ts'
import { demoJourney } from './journey.ts'
import { keptKeys } from './keys.ts'
import type { Patience } from './child.ts'
import { portProblems } from './ports.ts'
import type { PortUse } from './ports.ts'
import { apiUrl, programsOf } from './programs.ts'
import type { Programs } from './programs.ts'
import type { StopRequest } from './stop-request.ts'

export interface LaunchOptions {
  config: Config
  stop: StopRequest
  say?: (line: string) => void
  /** Replaced in tests by smaller programs. */
  programs?: (config: Config) => Promise<Programs>
  patience?: Patience
  /** Makes the console ready beside the start; answers a sentence where that failed. Absent: no console. */
  prepareConsole?: (signal: AbortSignal) => Promise<string | undefined>
}

/** Runs until it is asked to stop (0) or cannot go on (1); the answer is the exit code. */
export async function launch(options: LaunchOptions): Promise<number> {
  const { config, stop, say = console.log } = options
  say(banner(config))
  const folder = await openDataFolder(config.dataDir)
  const problems = [
    ...('problem' in folder ? [folder.problem] : []),
    ...(await portProblems(portsOf(config))),
  ]
  if ('problem' in folder || problems.length > 0) {
    if (!('problem' in folder)) folder.lock.release()
    say(['Cannot start:', ...problems.map((problem) => `  - ${problem}`)].join('\n'))
    return 1
  }
  say(`Data folder ${folder.path} ${folder.isNew ? 'made' : 'found; going on with what it holds'}`)

  const broken = new AbortController()
  const household = new Household({ say, onBroken: (why) => broken.abort(why), ...pick(options.patience) })
  const end = AbortSignal.any([stop.asked, broken.signal])
  try {
    await bringUp(options, household, say, end)
    await untilAborted(end)
  } catch (error) {
    if (!end.aborted) broken.abort(error instanceof Error ? error.message : String(error))
  }
  if (broken.signal.aborted) say(`\n${String(broken.signal.reason)}\nStopping the others.`)
  else say(`\nStopping (${String(stop.asked.reason)}). Once more to end at once.`)
  await household.stop(stop.urgent)
  folder.lock.release()
  say('Stopped.')
  return broken.signal.aborted ? 1 : 0
}

const pick = (patience: Patience | undefined): { patience?: Patience } => (patience ? { patience } : {})

/** The ports that this configuration listens on. */
export function portsOf(config: Config): PortUse[] {
  const { host, port, sandboxPort, temporalPort, temporalUiPort } = config
  const loopback = '127.0.0.1'
  return [
    { host, port, variable: 'PORT', usedFor: 'API and ingest' },
    ...(config.vendors === 'sandbox'
      ? [{ host: loopback, port: sandboxPort, variable: 'SANDBOX_PORT', usedFor: 'sandbox' }]
      : []),
    ...(config.ownsTemporal
      ? [
          { host: loopback, port: temporalPort, variable: 'TEMPORAL_PORT', usedFor: 'Temporal' },
          {
            host: loopback,
            port: temporalUiPort,
            variable: 'TEMPORAL_UI_PORT',
            usedFor: "Temporal's Web UI",
          },
        ]
      : []),
  ]
}

async function bringUp(
  { config, programs: programsFor, prepareConsole }: LaunchOptions,
  household: Household,
  say: (line: string) => void,
  end: AbortSignal,
): Promise<void> {
  const consoleReady = prepareConsole?.(end) ?? Promise.resolve(undefined)
  const keys = await keptKeys(config)
  const executable =
    config.ownsTemporal && !programsFor
      ? await temporalBinary('cli', { cacheDir: config.cacheDir, onStep: say, signal: end })
      : undefined
  const programs = await (programsFor?.(config) ?? programsOf(config, executable))
  const step = async (what: string, work: Promise<void>): Promise<void> => {
    const startedAt = performance.now()
    say(`Starting ${what}`)
    await work
    say(`  ready after ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`)
  }
  const { temporal, sandbox, api, workers } = programs
  if (temporal) await step('Temporal', household.start([temporal], 'temporal', end))
  else say(`Using the Temporal server at ${config.temporalAddress}`)
  if (sandbox) await step('the sandbox', household.start([sandbox], 'sandbox', end))
  await step('the API', household.start([api], 'api', end))
  await step('the workers', household.start(workers, 'workers', end))
  await untilReady(apiUrl(config), say, end)
  if (prepareConsole) await step('the console', sayUnlessFine(consoleReady, say))
  await show(config, keys.apiKey.reveal(), say, end)
}

async function sayUnlessFine(work: Promise<string | undefined>, say: (line: string) => void): Promise<void> {
  const fault = await work
  if (fault !== undefined) say(fault)
}

/** Waits for /readyz, and says every 15 s what it waits for. */
async function untilReady(url: string, say: (line: string) => void, end: AbortSignal): Promise<void> {
  let saidAt = performance.now()
  for (;;) {
    const state = await readiness(url, end)
    if (state === undefined) return
    if (performance.now() - saidAt > 15_000) {
      say(`Still waiting for ${url}/readyz, which says: ${state}`)
      saidAt = performance.now()
    }
    await sleep(250, undefined, { signal: end })
  }
}

/** Undefined when all is ready, else what the answer says. */
async function readiness(url: string, end: AbortSignal): Promise<string | undefined> {
  try {
    const response = await fetch(`${url}/readyz`, {
      signal: AbortSignal.any([end, AbortSignal.timeout(5_000)]),
    })
    const text = await response.text()
    return response.ok ? undefined : `${response.status} ${text.slice(0, 500)}`
  } catch (error) {
    end.throwIfAborted()
    return error instanceof Error ? error.message : String(error)
  }
}

async function show(
  config: Config,
  key: string,
  say: (line: string) => void,
  end: AbortSignal,
): Promise<void> {
  if (config.vendors === 'real') {
    say(`\nReady. ${firstConnection(config)}\n\n${links(config, undefined)}\n\nCtrl-C stops everything.`)
    return
  }
  say("\nReady. One event goes through the demo connection, sent with Segment's own Node SDK:")
  try {
    const { told, connectionId } = await demoJourney({ url: apiUrl(config), key }, end)
    say(`${told}\n\n${links(config, connectionId)}\n\nCtrl-C stops everything.`)
  } catch (error) {
    end.throwIfAborted()
    const why = error instanceof Error ? error.message : String(error)
    say(
      `  The demo did not work: ${why}\n\n${links(config, undefined)}\n\nEverything else goes on; Ctrl-C stops it.`,
    )
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve()
      return
    }
    // A timer keeps the process alive: an abort listener alone does not.
    const alive = setInterval(() => {}, 60_000)
    signal.addEventListener('abort', () => {
      clearInterval(alive)
      resolve()
    })
  })
}
