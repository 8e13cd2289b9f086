/** Whether the disk under the database is at its limit: less free than the greater of 5 % and 1 GiB. */
import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'

const everyMs = 1_000
const freeBytesMin = 1024 ** 3
const freeShareMin = 0.05

/** The figures of `statfs`: blocks free to us, all blocks, and how large one is. */
export interface DiskSpace {
  bavail: number
  blocks: number
  bsize: number
}

/** Whether less is free than the greater of 5 % and 1 GiB. */
export function isFull({ bavail, blocks, bsize }: DiskSpace): boolean {
  return bavail * bsize < Math.max(freeBytesMin, blocks * bsize * freeShareMin)
}

/** Looks once a second; ingest asks for each request and must not wait for the file system. */
export function watchDisk(databasePath: string): { isFull: () => boolean; stop: () => void } {
  let full = false
  async function look(): Promise<void> {
    full = isFull(await statfs(dirname(databasePath)))
  }
  const timer = setInterval(() => void look().catch(() => undefined), everyMs)
  void look().catch(() => undefined)
  return { isFull: () => full, stop: () => clearInterval(timer) }
}
