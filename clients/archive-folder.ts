/** Archives in a local folder: gzip files of Segment's layout, wherever below it they lie. */
import { lstat, open, readdir, realpath } from 'node:fs/promises'
import { isAbsolute, join, relative, sep } from 'node:path'
import { BridgeError } from '../core/errors.ts'
import type { ArchiveAccess, ArchiveFile } from '../core/ports.ts'
import { readLines } from './archive-lines.ts'

/** `roots`: the folders that may be read from, with all that is below them. */
export function createFolderArchives(roots: readonly string[]): ArchiveAccess {
  return {
    async resolve(path) {
      if (!isAbsolute(path)) throw new BridgeError('path_not_allowed', 'Name an absolute folder.')
      const real = await realpath(path).catch(() => undefined)
      for (const root of roots) {
        const realRoot = await realpath(root).catch(() => undefined)
        if (real !== undefined && realRoot !== undefined && isWithin(realRoot, real)) return real
      }
      // Whether a folder exists is no business of somebody who may not read it.
      throw new BridgeError('path_not_allowed', 'There is no such folder where archives may be read from.')
    },
    async *list(path, only) {
      for await (const file of only === undefined ? walk(path) : [only]) {
        const found = await statOf(path, file)
        if (found) yield found
      }
    },
    lines: (path, file, offset, signal) => readLines(() => read(path, file, signal), offset),
  }
}

function isWithin(root: string, path: string): boolean {
  const below = relative(root, path)
  return below === '' || (below !== '..' && !below.startsWith(`..${sep}`) && !isAbsolute(below))
}

/** Names of all gzip files, in the order of their whole names. Links are not followed: they may lead out. */
async function* walk(root: string, below = ''): AsyncGenerator<string> {
  const entries = await readdir(join(root, below), { withFileTypes: true }).catch((error: unknown) => {
    throw unreadable(error)
  })
  // A folder sorts as its name with a slash, as its files' whole names do.
  const names = entries
    .map((entry) => ({ entry, key: entry.isDirectory() ? `${entry.name}/` : entry.name }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
  for (const { entry } of names) {
    const name = below === '' ? entry.name : `${below}/${entry.name}`
    if (entry.isDirectory()) yield* walk(root, name)
    else if (entry.isFile() && entry.name.endsWith('.gz')) yield name
  }
}

/** A file's size and times tell that it was rewritten; its number tells that another took its name. */
async function statOf(root: string, file: string): Promise<ArchiveFile | undefined> {
  const stat = await lstat(join(root, file)).catch(() => undefined)
  return stat?.isFile() ? { file, bytes: stat.size, etag: etagOf(stat) } : undefined
}

const etagOf = (stat: { size: number; mtimeMs: number; ino: number }): string =>
  `${stat.size}-${Math.round(stat.mtimeMs * 1000)}-${stat.ino}`

const pieceBytes = 256 * 1024

async function* read(
  root: string,
  { file, etag }: ArchiveFile,
  signal?: AbortSignal,
): AsyncGenerator<Buffer> {
  const path = join(root, file)
  if ((await realpath(path).catch(() => undefined)) !== path && (await lstat(path).catch(() => undefined)))
    throw new BridgeError('archive_file_changed', `${file} leads elsewhere now`)
  const handle = await open(path, 'r').catch((error: unknown) => {
    throw isGone(error) ? new BridgeError('archive_file_gone', file) : unreadable(error)
  })
  try {
    const isSame = async () => etagOf(await handle.stat()) === etag
    if (!(await isSame())) throw new BridgeError('archive_file_changed', file)
    for (let at = 0; ;) {
      signal?.throwIfAborted()
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(pieceBytes), 0, pieceBytes, at)
      if (bytesRead === 0) break
      at += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
    // Rewritten in place while it was read: what was read may be half of each.
    if (!(await isSame())) throw new BridgeError('archive_file_changed', file)
  } finally {
    await handle.close()
  }
}

const codeOf = (error: unknown) =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown fault'
const isGone = (error: unknown) => codeOf(error) === 'ENOENT'

function unreadable(error: unknown): BridgeError {
  const code = codeOf(error)
  return code === 'EACCES' || code === 'EPERM' || code === 'ENOENT' || code === 'ENOTDIR'
    ? new BridgeError('archive_forbidden', `The folder cannot be read: ${code}.`, { cause: error })
    : new BridgeError('archive_unreadable', code, { cause: error })
}
