/** Which API is asked, and with which key. A key is never an argument: whoever lists processes would see it. */
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Secret } from '../../core/secret.ts'
import { misused } from './failure.ts'
import type { Io } from './io.ts'

export interface TargetOptions {
  url?: string | undefined
  keyFile?: string | undefined
}

export interface Target {
  /** Without a slash at its end. */
  url: string
  /** The API is on this machine, so its data folder may be too. */
  isLocal: boolean
  /** Where the launcher keeps data and keys, if it is here. */
  dataDir: string
}

/**
 * The variables that are read, with their defaults, as core/config-table.ts has them: that table is not loaded for each
 * command line, since it costs a tenth of a second. A test compares the two.
 */
export const variables = {
  url: { name: 'CAUSEWAY_URL', default: '' },
  host: { name: 'HOST', default: '127.0.0.1' },
  port: { name: 'PORT', default: '3000' },
  dataDir: { name: 'DATA_DIR', default: '.data' },
  apiKey: { name: 'CAUSEWAY_API_KEY', default: '' },
} as const
/** In the data folder, as the launcher writes it. */
export const keptKeysName = 'keys.json'

const valueOf = ({ env }: Pick<Io, 'env'>, key: keyof typeof variables): string =>
  env[variables[key].name]?.trim() || variables[key].default

/** `--url`, CAUSEWAY_URL, or where the launcher of this folder listens. Throws `usage` for what is no URL. */
export function targetOf(io: Pick<Io, 'env' | 'cwd'>, { url: given }: TargetOptions): Target {
  const named = given ?? valueOf(io, 'url')
  const own = `http://${ownHost(valueOf(io, 'host'))}:${valueOf(io, 'port')}`
  const url = (named === '' ? own : named).replace(/\/+$/, '')
  if (!isUrl(url))
    throw misused(
      `${url.includes('@') ? 'This' : `'${url}'`} is no URL of an API.`,
      'Give an http or https URL without credentials or query.',
    )
  const { hostname } = new URL(url)
  return {
    url,
    isLocal: named === '' || /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname),
    dataDir: resolve(io.cwd, valueOf(io, 'dataDir')),
  }
}

/** Where a listener on all addresses is reached from here. */
const ownHost = (host: string): string =>
  host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host

const isUrl = (text: string): boolean => URL.canParse(text) && /^https?:/.test(text) && !/[@?#\s]/.test(text)

export interface FoundKey {
  key: Secret
  /** A sentence's end: `from CAUSEWAY_API_KEY`. */
  from: string
}

/**
 * `--key-file`, CAUSEWAY_API_KEY, or what the launcher keeps: the last only for an API on this machine, so that the key
 * of this installation never goes to another one. Undefined where there is none.
 */
export function findKey(
  io: Pick<Io, 'env' | 'cwd'>,
  options: TargetOptions,
  target: Target,
): FoundKey | undefined {
  if (options.keyFile !== undefined) {
    const path = resolve(io.cwd, options.keyFile)
    return { key: readKey(path), from: `from ${options.keyFile}` }
  }
  const given = valueOf(io, 'apiKey')
  if (given !== '') return { key: asKey(given, variables.apiKey.name), from: `from ${variables.apiKey.name}` }
  const kept = join(target.dataDir, keptKeysName)
  if (!target.isLocal || !existsSync(kept)) return undefined
  return { key: readKey(kept), from: `from ${join(valueOf(io, 'dataDir'), keptKeysName)}` }
}

/** A file with the key alone, or one as the launcher writes it. */
function readKey(path: string): Secret {
  let text: string
  try {
    text = readFileSync(path, 'utf8').trim()
  } catch (error) {
    throw misused(
      `The key file ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
  if (!text.startsWith('{')) return asKey(text, path)
  try {
    const { apiKey } = JSON.parse(text) as { apiKey?: unknown }
    if (typeof apiKey === 'string') return asKey(apiKey, path)
  } catch {
    // Told below.
  }
  throw misused(
    `${path} holds no \`apiKey\`.`,
    'Put the key alone into the file, or the keys.json of a data folder.',
  )
}

/** What has a character that no header takes is not repeated, since it may be a key all the same. */
function asKey(text: string, where: string): Secret {
  if (!/^[\x21-\x7e]+$/.test(text))
    throw misused(`What ${where} holds is no key: it is empty or has blanks in it.`)
  return new Secret(text)
}
