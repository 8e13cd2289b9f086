// Small real processes in the place of our own, and what is needed to watch them.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { ChildSpec, Patience } from '../../../bin/launcher/child.ts'

export const quick: Patience = {
  firstDelayMs: 20,
  longestDelayMs: 80,
  steadyAfterMs: 60_000,
  deathsInARow: 4,
  stopMs: 2_000,
}

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'causeway-launcher-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** A node child that runs a line of JavaScript; `diary` names a file that it may append to. */
export const nodeChild = (folder: string, name: string, code: string): ChildSpec => ({
  name,
  kind: 'node',
  command: process.execPath,
  args: [
    '-e',
    `const note = (word) => require('fs').appendFileSync(process.env.DIARY, word + '\\n');${code}`,
  ],
  env: { DIARY: join(folder, 'diary') },
  logPath: join(folder, `${name}.log`),
})

/** One that says that it is ready, and notes its end. */
export const obedient = (folder: string, name: string, lastsMs = 0): ChildSpec =>
  nodeChild(
    folder,
    name,
    `process.on('SIGTERM', () => setTimeout(() => { note('${name} stops'); process.exit(0) }, ${lastsMs}));
     process.on('SIGINT', () => {}); process.send('ready'); setInterval(() => {}, 1000)`,
  )

export const diary = async (folder: string): Promise<string[]> =>
  (await readFile(join(folder, 'diary'), 'utf8').catch(() => '')).split('\n').filter(Boolean)

/** Waits until something holds, and fails in words when it does not for 20 s. */
export async function eventually<T>(what: string, look: () => T | Promise<T>): Promise<NonNullable<T>> {
  const startedAt = performance.now()
  while (performance.now() - startedAt < 20_000) {
    const found = await look()
    if (found) return found
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`not within 20 s: ${what}`)
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
