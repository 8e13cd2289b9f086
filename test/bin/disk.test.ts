import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { isFull, watchDisk, type DiskSpace } from '../../bin/disk.ts'

const bsize = 4_096
const blocksIn = (gib: number) => (gib * 1024 ** 3) / bsize
const disk = (gib: number, free: number): DiskSpace => ({ bsize, blocks: blocksIn(gib), bavail: free })

describe('isFull', () => {
  it.each([
    ['5 GiB: 1 GiB is the limit', 5, blocksIn(1)],
    ['20 GiB: 1 GiB and 5 % are the same', 20, blocksIn(1)],
    ['100 GiB: 5 % is the limit', 100, blocksIn(5)],
    ['4 TiB: 5 % is the limit', 4_096, Math.ceil(blocksIn(4_096) * 0.05)],
    ['512 MiB: never enough', 0.5, blocksIn(1)],
  ])('of %s', (_, gib, enough) => {
    expect(isFull(disk(gib, enough))).toBe(false)
    expect(isFull(disk(gib, enough - 1))).toBe(true)
  })

  it('counts bytes, whatever the size of a block', () => {
    const free = blocksIn(1)
    expect(isFull({ bsize, blocks: blocksIn(10), bavail: free })).toBe(false)
    expect(isFull({ bsize: 512, blocks: blocksIn(10) * 8, bavail: free })).toBe(true)
  })
})

describe('watchDisk', () => {
  it('lets messages in while the file system cannot be asked', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'causeway-disk-'))
    rmSync(folder, { recursive: true })
    const disk = watchDisk(join(folder, 'causeway.db'))
    onTestFinished(() => disk.stop())
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(disk.isFull()).toBe(false)
  })
})
