/**
 * The built console: made from console/ when it is asked for, kept under node_modules/.cache by a hash of what it is
 * made from, so that a start builds only what has changed. Nothing built is committed.
 */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { fileLock } from './file-lock.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const cache = join(root, 'node_modules/.cache/causeway-console')
/** A build that no start has asked for during this time is removed; a running api may still serve a younger one. */
const keptMs = 7 * 24 * 3_600_000
const compressible = /\.(js|css|html|svg)$/

/** Where the console of these very sources lies, or will lie once it is built. */
export async function consoleFolder(): Promise<string> {
  const hash = createHash('sha256')
  for (const file of [...(await sourcesIn(join(root, 'console'))), join(root, 'package-lock.json')])
    hash.update(`${relative(root, file)}\n`).update(await readFile(file))
  return join(cache, hash.digest('hex').slice(0, 16))
}

async function sourcesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

/** Builds what is not built yet and answers its folder. Of two at once one builds and the other waits. */
export async function buildConsole(signal?: AbortSignal): Promise<string> {
  const folder = await consoleFolder()
  await mkdir(cache, { recursive: true })
  const lock = await fileLock(join(cache, 'build.lock'), { signal })
  try {
    if (!existsSync(join(folder, 'index.html'))) await buildInto(folder)
    const now = new Date()
    await utimes(folder, now, now)
    await removeOld(now.getTime())
  } finally {
    lock.release()
  }
  return folder
}

/** A build that breaks off leaves nothing where a whole one is looked for. */
async function buildInto(folder: string): Promise<void> {
  const making = await mkdtemp(`${folder}.`)
  try {
    // Not needed where the console came ready-made, as in an image without development packages.
    const { build } = await import('vite')
    await build({
      configFile: join(root, 'console/vite.config.ts'),
      logLevel: 'warn',
      build: { outDir: making, emptyOutDir: true },
    })
    for (const file of await sourcesIn(making))
      if (compressible.test(file))
        await writeFile(`${file}.gz`, await promisify(gzip)(await readFile(file), { level: 9 }))
    await rm(folder, { recursive: true, force: true })
    await rename(making, folder)
  } finally {
    await rm(making, { recursive: true, force: true })
  }
}

async function removeOld(nowMs: number): Promise<void> {
  for (const entry of await readdir(cache, { withFileTypes: true })) {
    const path = join(cache, entry.name)
    if (entry.isDirectory() && nowMs - (await stat(path)).mtimeMs > keptMs)
      await rm(path, { recursive: true })
  }
}
