/** All children of one `npm start`: started in stages, stopped in the order that lets each finish its work. */
import { readFile } from 'node:fs/promises'
import { Child } from './child.ts'
import type { ChildReports, ChildSpec, Patience } from './child.ts'
import type { Programs } from './programs.ts'

/** The api stops taking in, the workers finish what is in flight, then the sides they talk to. */
export const stopOrder = { api: 0, workers: 1, sandbox: 2, temporal: 3 } as const satisfies Record<
  keyof Programs,
  number
>

export interface HouseholdOptions {
  say: (line: string) => void
  patience?: Patience
  /** Called once, with why nothing can go on. */
  onBroken: (why: string) => void
}

/** The last lines of a child's log, for a failure report. */
export async function lastLines(logPath: string, count = 20): Promise<string> {
  const text = await readFile(logPath, 'utf8').catch(() => '')
  const lines = text.trimEnd().split('\n').slice(-count)
  return text.trim() === ''
    ? '  (its log is empty)'
    : lines.map((line) => `  | ${line.slice(0, 400)}`).join('\n')
}

export class Household {
  /** In stop order: who takes work in first, who the others need last. */
  readonly #stages: Child[][] = Object.values(stopOrder).map(() => [])
  readonly #options: HouseholdOptions
  readonly #reports: ChildReports

  constructor(options: HouseholdOptions) {
    this.#options = options
    this.#reports = {
      onDeath: ({ spec }, how, againInMs) =>
        options.say(
          `${spec.name} ended (${how}); starting it again in ${againInMs / 1_000} s. Log: ${spec.logPath}`,
        ),
      onGivenUp: ({ spec }, how) => void this.#giveUp(spec, how),
    }
  }

  /** Starts children that are stopped together; resolves when all of them are ready, or `until` is aborted. */
  async start(specs: ChildSpec[], stopStage: keyof typeof stopOrder, until: AbortSignal): Promise<void> {
    until.throwIfAborted()
    const children = specs.map((spec) => new Child(spec, this.#reports, this.#options.patience))
    this.#stages[stopOrder[stopStage]]?.push(...children)
    for (const child of children) child.start()
    const aborted = new Promise<never>((_, reject) =>
      until.addEventListener('abort', () => reject(until.reason as Error), { once: true }),
    )
    await Promise.race([Promise.all(children.map((child) => child.becameReady)), aborted])
  }

  /** Stops stage after stage; an urgent signal kills what is left at once. */
  async stop(urgent: AbortSignal): Promise<void> {
    urgent.addEventListener('abort', () => this.#children().forEach((child) => child.kill()))
    if (urgent.aborted) this.#children().forEach((child) => child.kill())
    for (const child of this.#children()) child.holdOut()
    for (const stage of this.#stages) await Promise.all(stage.map((child) => child.stop()))
  }

  #children(): Child[] {
    return this.#stages.flat()
  }

  async #giveUp(spec: ChildSpec, how: string): Promise<void> {
    const log = await lastLines(spec.logPath)
    this.#options.onBroken(
      `${spec.name} cannot be kept alive: it ended ${how}, without becoming ready.\nThe end of ${spec.logPath}:\n${log}`,
    )
  }
}
