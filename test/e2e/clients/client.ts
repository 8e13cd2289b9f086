// What a Segment client is to these tests: a published library that is given our address and nothing else of ours.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { readConfig } from '../../../bin/load-config.ts'

export interface Job {
  host: string
  writeKey: string
  /** `calls`: every call once, and some with settings, by the user `name`. `stream`: `count` tracks named `name`. */
  kind: 'calls' | 'stream'
  name: string
  count: number
  everyMs: number
}

export interface Client {
  name: string
  /** Fetches and builds what is needed, once for all runs; answers why it cannot run here, if so. */
  prepare: () => Promise<string | undefined>
  /** Ends when the library has been told everything; rejects when it says that it lost something. */
  run: (job: Job) => Promise<void>
  close?: () => Promise<void>
}

/** A folder under the project's cache, made by `make` unless it is there; a run that breaks off leaves none. */
export async function cached(
  name: string,
  from: string[],
  make: (folder: string) => Promise<void>,
): Promise<string> {
  const hash = createHash('sha256').update(from.join('\n')).digest('hex').slice(0, 16)
  const folder = join(readConfig().cacheDir, 'test-clients', `${name}-${hash}`)
  if (existsSync(folder)) return folder
  await mkdir(dirname(folder), { recursive: true })
  const making = await mkdtemp(`${folder}.`)
  try {
    await make(making)
    // Another run may have been quicker.
    await rename(making, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error
    })
  } finally {
    await rm(making, { recursive: true, force: true })
  }
  return folder
}

/** Runs a program to its end; its words are in the error if it fails. */
export async function runProgram(
  command: string,
  args: string[],
  { cwd, env = {} }: { cwd?: string; env?: Record<string, string> } = {},
): Promise<string> {
  const options = { cwd, env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 }
  const { stdout } = await promisify(execFile)(command, args, options)
  return stdout.trim()
}

/** What a program says of its version, or undefined where there is no such program. */
export async function versionOf(command: string, args: string[]): Promise<string | undefined> {
  return runProgram(command, args).catch(() => undefined)
}
