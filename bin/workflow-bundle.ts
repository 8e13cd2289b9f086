/**
 * The workflows as one file for the workers: bundled once for as long as their sources are the same, and kept in the
 * cache folder. Whoever comes while another bundles waits for it.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { fileLock } from './file-lock.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
/** What a bundle is made of, besides Temporal's own code. */
const sources = ['workflows', 'core']
/** Bundles of other versions that are kept: a second checkout may be running. */
const keptMax = 5

/** The path of the bundle. Throws where the cache folder cannot be written or the workflows cannot be bundled. */
export async function workflowBundle(cacheDir: string): Promise<string> {
  const folder = join(cacheDir, 'workflows')
  const path = join(folder, `${await keyOfSources()}.js`)
  if (existsSync(path)) return path
  await mkdir(folder, { recursive: true })
  const lock = await fileLock(join(folder, 'lock'))
  try {
    if (!existsSync(path)) await bundle(path)
    await prune(folder, path)
  } finally {
    lock.release()
  }
  return path
}

async function keyOfSources(): Promise<string> {
  const hash = createHash('sha256')
  for (const room of sources) {
    const names = await readdir(join(root, room), { recursive: true })
    for (const name of names.filter((each) => each.endsWith('.ts')).sort())
      hash.update(`${room}/${name}\n`).update(await readFile(join(root, room, name)))
  }
  const sdk = await readFile(join(root, 'node_modules/@temporalio/workflow/package.json'))
  return hash.update(sdk).digest('hex').slice(0, 24)
}

async function bundle(path: string): Promise<void> {
  const unfinished = `${path}.${process.pid}`
  const args = ['--import', 'tsx/esm', join(root, 'bin/bundle-workflows.ts'), unfinished]
  await promisify(execFile)(process.execPath, args, { cwd: root })
  await rename(unfinished, path)
}

async function prune(folder: string, current: string): Promise<void> {
  const paths = (await readdir(folder))
    .filter((name) => name.endsWith('.js'))
    .map((name) => join(folder, name))
  const aged = await Promise.all(paths.map(async (path) => ({ path, atMs: (await stat(path)).mtimeMs })))
  const others = aged.filter(({ path }) => path !== current).sort((a, b) => b.atMs - a.atMs)
  await Promise.all(others.slice(keptMax).map(({ path }) => rm(path, { force: true })))
}
