/** Runs a command that downloads into a folder, and ends it when it makes no progress: not when it is merely slow. */
import { spawn } from 'node:child_process'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

export interface WatchedRun {
  command: string
  args: string[]
  cwd?: string
  env?: Record<string, string>
  /** Growth of what is in here counts as progress, as does output. */
  folder: string
  stallMs: number
  signal?: AbortSignal | undefined
}

async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => [])
  const sizes = entries.map(async (entry) => {
    const found = await stat(join(entry.parentPath, entry.name)).catch(() => undefined) // renamed meanwhile
    return found?.isFile() ? found.size : 1
  })
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1)?.slice(0, 300) ?? ''

/** Resolves when the command has ended well; otherwise throws why not, in words for a person. */
export async function watchedRun(options: WatchedRun): Promise<void> {
  const { command, args, cwd, env, folder, stallMs, signal } = options
  signal?.throwIfAborted()
  // A process group of its own: what it starts in turn must not outlive it.
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let output = ''
  let outputBytes = 0
  const keep = (chunk: Buffer): void => {
    outputBytes += chunk.length
    output = (output + chunk.toString()).slice(-4_000)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const ended = new Promise<string | undefined>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code) =>
      resolve(code === 0 ? undefined : lastLine(output) || `exit code ${code ?? 'none'}`),
    )
  })
  const watch = new AbortController()
  const stalled = untilStalled(() => outputBytes, folder, stallMs, watch.signal)
  const aborted = new Promise<'aborted'>((resolve) =>
    signal?.addEventListener('abort', () => resolve('aborted'), { once: true, signal: watch.signal }),
  )
  try {
    const end = await Promise.race([ended, stalled, aborted])
    signal?.throwIfAborted()
    if (end !== undefined) throw new Error(end)
  } finally {
    watch.abort()
    if (child.pid !== undefined && child.exitCode === null) killGroup(child.pid)
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended meanwhile.
  }
}

async function untilStalled(
  outputBytes: () => number,
  folder: string,
  stallMs: number,
  signal: AbortSignal,
): Promise<string> {
  let seen = ''
  let progressAt = performance.now()
  while (!signal.aborted && performance.now() - progressAt < stallMs) {
    await new Promise((resolve) => setTimeout(resolve, Math.min(250, stallMs / 4)))
    const now = `${await bytesIn(folder)} ${outputBytes()}`
    if (now !== seen) progressAt = performance.now()
    seen = now
  }
  return `no progress for ${Math.round(stallMs / 1_000)} s`
}
