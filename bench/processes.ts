/** Processes of a bench run: started, waited for, asked, stopped. */
import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'

// As the launcher starts its own (bin/launcher/programs.ts).
const node = (args: string[]) => ['--import', 'tsx/esm', ...args]
const ofProcess = { MALLOC_ARENA_MAX: '2' }
const children = new Set<ChildProcess>()

export interface Figures {
  eventsPerSecond: number
  events: number
  bytesPerEvent: number
  failed: number
  p50Ms: number
  p99Ms: number
}

/** Starts a script; `env` over ours. Its output is dropped unless it ends badly. */
export function start(script: string, args: string[] = [], env: Record<string, string> = {}): ChildProcess {
  return startCommand(process.execPath, node([script, ...args]), { ...ofProcess, ...env })
}

export function startCommand(
  command: string,
  args: string[],
  env: Record<string, string> = {},
): ChildProcess {
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  children.add(child)
  child.once('exit', () => children.delete(child))
  return child
}

export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const exited = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await exited
}

export async function stopAll(): Promise<void> {
  await Promise.all([...children].map(stop))
}

/** Runs a loader to its end and answers its figures. */
export function load(
  url: string,
  {
    seconds,
    connections = 8,
    writeKey = 'bench',
    requestsMax,
  }: { seconds: number; connections?: number; writeKey?: string; requestsMax?: number },
): Promise<Figures> {
  const args = [
    url,
    String(seconds),
    String(connections),
    writeKey,
    ...(requestsMax === undefined ? [] : [String(requestsMax)]),
  ]
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, node(['bench/loader.ts', ...args]), {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.once('exit', () => {
      try {
        resolve(JSON.parse(output) as Figures)
      } catch {
        reject(new Error(`the loader said: ${output}`))
      }
    })
  })
}

export async function until(isSo: () => Promise<boolean>, everyMs = 100, timeoutMs = 300_000): Promise<void> {
  for (const startedMs = Date.now(); ;) {
    if (await isSo().catch(() => false)) return
    if (Date.now() - startedMs > timeoutMs) throw new Error('the bench waited too long')
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}

/** Resident memory in MB, as the kernel counts it. */
export function residentMb(child: ChildProcess): number {
  const status = readFileSync(`/proc/${String(child.pid)}/status`, 'utf8')
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024)
}

/** CPU time that a process has used, all its threads together, in ms; the kernel counts by hundredths of a second. */
export function cpuMs(child: ChildProcess): number {
  const stat = readFileSync(`/proc/${String(child.pid)}/stat`, 'utf8')
  // Behind the name, which may hold spaces: state, then ten fields, then user and system time.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}
