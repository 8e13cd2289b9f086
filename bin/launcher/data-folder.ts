/** The data folder: made when absent, checked to be writable, held by one launcher at a time; logs live in it too. */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { tryFileLock } from '../file-lock.ts'
import type { FileLock } from '../file-lock.ts'

export interface DataFolder {
  path: string
  /** True when it was made just now. */
  isNew: boolean
  lock: FileLock
}

const reasons: Record<string, string> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of its path is a file',
  EEXIST: 'there is a file of that name',
}

/** Opens it, or says in a sentence why not and what to do. */
export async function openDataFolder(dataDir: string): Promise<DataFolder | { problem: string }> {
  const path = resolve(dataDir)
  const isNew = !existsSync(path)
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
    if (!(await stat(path)).isDirectory()) throw Object.assign(new Error('a file'), { code: 'EEXIST' })
    const probe = join(path, `.probe-${randomBytes(4).toString('hex')}`)
    await writeFile(probe, 'x')
    await rm(probe)
    await mkdir(join(path, 'logs'), { recursive: true, mode: 0o700 })
    const lock = tryFileLock(join(path, 'launcher.lock'))
    if (lock) return { path, isNew, lock }
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    return {
      problem: `The data folder ${path} cannot be used: ${reasons[code] ?? message}. Make it writable, or set DATA_DIR to another folder.`,
    }
  }
  return {
    problem: `The data folder ${path} is in use by another \`npm start\`. Stop that one, or set DATA_DIR (and the ports) for a second.`,
  }
}

/** A child's log file, the one of the last start moved aside as `<name>.1.log`. */
export async function freshLog(dataDir: string, name: string): Promise<string> {
  const path = join(dataDir, 'logs', `${name}.log`)
  if (existsSync(path)) await rename(path, join(dataDir, 'logs', `${name}.1.log`))
  await writeFile(path, '', { mode: 0o600 })
  return path
}
