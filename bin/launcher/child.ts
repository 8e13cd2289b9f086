/**
 * One child process, kept alive. It is started again with back-off when it dies, and given up when it dies several
 * times in a row without ever becoming ready. `ready` is what a node child says over its channel, or what a probe finds.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { kinds } from '../../core/config-kinds.ts'
import { settings } from '../../core/config-table.ts'
import { guard } from './guard.ts'

export interface ChildSpec {
  name: string
  command: string
  args: string[]
  env?: Record<string, string>
  logPath: string
  /**
   * `node`: one of ours, on a channel: it says when it is ready, leaves Ctrl-C to us and ends when we are gone.
   * `foreign`: ended by a guard when we are gone. It stays in our process group, so a Ctrl-C reaches it too. It gets our
   * environment without our secrets.
   */
  kind: 'node' | 'foreign'
  /** Asked several times a second until it says yes. */
  probe?: () => Promise<boolean>
}

export interface Patience {
  firstDelayMs: number
  longestDelayMs: number
  /** Alive for so long, it counts as ready, and the back-off begins anew. */
  steadyAfterMs: number
  deathsInARow: number
  /** From SIGTERM to SIGKILL. */
  stopMs: number
}

export const defaultPatience: Patience = {
  firstDelayMs: 500,
  longestDelayMs: 10_000,
  steadyAfterMs: 30_000,
  deathsInARow: 6,
  stopMs: 10_000,
}

export interface ChildReports {
  onDeath(child: Child, how: string, againInMs: number): void
  onGivenUp(child: Child, how: string): void
}

/**
 * A foreign program keeps our process group and its own command line. A closed terminal does not end it, nor does a
 * Ctrl-C while it starts; later Temporal takes SIGINT anew, whatever it inherited: `holdOut` is the answer to that.
 */
const deafToTerminal = ['-c', `trap '' INT HUP; exec "$@"`, 'sh']

const secretNames = new Set(
  Object.values(settings)
    .filter(({ kind }) => kind === kinds.secret || kind === kinds.key)
    .map(({ name }) => name),
)

function withoutSecrets(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !secretNames.has(name)))
}

export class Child {
  readonly spec: ChildSpec
  /** Resolves at the first time that it is ready; never rejects. */
  readonly becameReady: Promise<void>
  readonly #patience: Patience
  readonly #reports: ChildReports
  readonly #stopping = new AbortController()
  #process: ChildProcess | undefined
  #ended: Promise<void> = Promise.resolve()
  #deaths = 0
  #delayMs: number
  #isHoldingOut = false
  #resolveReady: () => void = () => {}

  constructor(spec: ChildSpec, reports: ChildReports, patience: Patience = defaultPatience) {
    this.spec = spec
    this.#reports = reports
    this.#patience = patience
    this.#delayMs = patience.firstDelayMs
    this.becameReady = new Promise((resolve) => (this.#resolveReady = resolve))
  }

  get pid(): number | undefined {
    return this.#process?.pid
  }

  start(): void {
    const startedAt = performance.now()
    const child = this.#spawn()
    this.#process = child
    const releaseGuard =
      this.spec.kind === 'foreign' && child.pid !== undefined ? guard(child.pid) : undefined
    const life = new AbortController()
    child.on('message', (message) => {
      if (message === 'ready') this.#ready()
    })
    void this.#watch(life.signal)
    this.#ended = new Promise((resolve) => {
      const end = (how: string) => (): void => {
        if (life.signal.aborted) return
        life.abort()
        releaseGuard?.()
        resolve()
        this.#died(how, performance.now() - startedAt)
      }
      child.once('error', (error) => end(error.message)())
      child.once('exit', (code, signal) => end(signal ?? `exit code ${code ?? 'none'}`)())
    })
  }

  /**
   * The others are being stopped and this one's turn comes last. Ctrl-C has reached the whole process group, so it may
   * end now by itself: ours are let go; a foreign one is started again at once and in silence, since the others need
   * it to finish their work (a worker reports to Temporal what it has done).
   */
  holdOut(): void {
    if (this.spec.kind === 'node') this.#stopping.abort()
    this.#isHoldingOut = true
  }

  /** SIGTERM, and SIGKILL when that was not enough; resolves when it is gone. It is not started again. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#process?.kill('SIGTERM')
    const late = new AbortController()
    void sleep(this.#patience.stopMs, undefined, { signal: late.signal })
      .then(() => this.kill())
      .catch(() => {})
    await this.#ended
    late.abort()
  }

  /** Ends it at once. */
  kill(): void {
    this.#stopping.abort()
    this.#process?.kill('SIGKILL')
  }

  #spawn(): ChildProcess {
    const { command, args, env, logPath, kind } = this.spec
    const log = openSync(logPath, 'a', 0o600)
    try {
      const options = { env: { ...(kind === 'node' ? process.env : withoutSecrets(process.env)), ...env } }
      if (kind === 'node') return spawn(command, args, { ...options, stdio: ['ignore', log, log, 'ipc'] })
      const [file, argv] =
        process.platform === 'win32' ? [command, args] : ['/bin/sh', [...deafToTerminal, command, ...args]]
      return spawn(file, argv, { ...options, stdio: ['ignore', log, log] })
    } finally {
      closeSync(log)
    }
  }

  /** Probes until ready, and forgets earlier deaths once it has lived long enough. */
  async #watch(life: AbortSignal): Promise<void> {
    const steady = setTimeout(() => {
      this.#ready()
      this.#delayMs = this.#patience.firstDelayMs
    }, this.#patience.steadyAfterMs)
    life.addEventListener('abort', () => clearTimeout(steady))
    const { probe } = this.spec
    while (probe && !life.aborted) {
      const answers = await probe().catch(() => false)
      if (answers && this.#isAlive(life)) {
        this.#ready()
        return
      }
      await sleep(200, undefined, { signal: life }).catch(() => {})
    }
  }

  /** Asked anew after a wait, in which it may have died: another listener may have answered the probe. */
  #isAlive(life: AbortSignal): boolean {
    return !life.aborted
  }

  #ready(): void {
    this.#deaths = 0
    this.#resolveReady()
  }

  #died(how: string, afterMs: number): void {
    if (this.#stopping.signal.aborted) return
    if (this.#isHoldingOut) {
      this.#startIn(20)
      return
    }
    const what = `${how} after ${(afterMs / 1_000).toFixed(1)} s`
    this.#deaths += 1
    if (this.#deaths >= this.#patience.deathsInARow) {
      this.#stopping.abort()
      this.#reports.onGivenUp(this, `${this.#deaths} times in a row, at last by ${what}`)
      return
    }
    const delayMs = this.#delayMs
    this.#delayMs = Math.min(delayMs * 2, this.#patience.longestDelayMs)
    this.#reports.onDeath(this, what, delayMs)
    this.#startIn(delayMs)
  }

  #startIn(delayMs: number): void {
    void sleep(delayMs, undefined, { signal: this.#stopping.signal })
      .then(() => this.start())
      .catch(() => {}) // stopped meanwhile
  }
}
