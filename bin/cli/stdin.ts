/** What comes in by standard input: documents, secrets, a yes. */
import { createReadStream, existsSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { resolve } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { Writable } from 'node:stream'
import type { Readable } from 'node:stream'
import type { Cli } from './cli.ts'
import { interrupted, misused } from './failure.ts'
import { write, type Io } from './io.ts'

/** A file, or standard input for `-` and for nothing; a terminal is not waited for in silence. */
export function openInput(io: Io, path: string | undefined, what: string): Readable {
  if (path !== undefined && path !== '-') {
    const file = resolve(io.cwd, path)
    if (!existsSync(file)) throw misused(`There is no file ${path}.`)
    return createReadStream(file)
  }
  if (io.stdin.isTTY) throw misused(`There is no ${what}.`, 'Name a file, or pipe it in: … < file')
  return io.stdin
}

/** One JSON document. Throws `usage` for what is none. */
export async function readJson(io: Io, path: string | undefined, what: string): Promise<unknown> {
  const text = (await buffer(openInput(io, path, what))).toString('utf8').replace(/^\ufeff/, '')
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    throw misused(`The ${what} is no JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/**
 * A secret: asked for at a terminal without showing it, read whole from a pipe otherwise. Never an argument, which every
 * user of the machine can see in its list of processes.
 */
export async function readSecret(cli: Cli, what: string): Promise<string> {
  const { stdin } = cli.io
  const text = stdin.isTTY
    ? await ask(cli, `${what}: `, { isHidden: true })
    : (await buffer(stdin)).toString('utf8')
  if (text.trim() === '') throw misused(`No ${what} came.`, 'Type it, or pipe it in: … < file')
  return text.trim()
}

/** True for a yes. Where nobody can be asked, throws `usage` and names `--yes`. */
export async function confirmed(cli: Cli, question: string): Promise<boolean> {
  if (!cli.io.stdin.isTTY) throw misused('This needs a yes, and nobody is here to give it.', 'Add --yes.')
  return /^(y|yes)$/i.test((await ask(cli, `${question} [y/N] `)).trim())
}

async function ask({ io }: Cli, question: string, { isHidden = false } = {}): Promise<string> {
  // readline erases the line that it asks on, so a question that is not its own would go.
  if (isHidden) await write(io.err, question)
  // readline echoes what is typed to its output: for a secret, that is nowhere.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const reader = createInterface({
    input: io.stdin,
    output: isHidden ? nowhere : io.err.stream,
    terminal: true,
  })
  const stop = new AbortController()
  reader.once('SIGINT', () => stop.abort())
  reader.once('close', () => stop.abort())
  try {
    return await reader.question(isHidden ? '' : question, {
      signal: AbortSignal.any([stop.signal, io.interrupted]),
    })
  } catch {
    throw interrupted('Interrupted. Nothing was done.')
  } finally {
    reader.close()
    if (isHidden) await write(io.err, '\n')
  }
}
