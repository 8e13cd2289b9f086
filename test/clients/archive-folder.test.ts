import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFolderArchives } from '../../clients/archive-folder.ts'
import type { ArchiveFile } from '../../core/ports.ts'

let outside: string, root: string

beforeEach(() => {
  outside = realpathSync(mkdtempSync(join(tmpdir(), 'causeway-folder-')))
  root = join(outside, 'allowed')
  mkdirSync(root)
})
afterEach(() => rmSync(outside, { recursive: true }))

const archives = () => createFolderArchives([root])
function put(file: string, text = '{"a":1}\n'): void {
  mkdirSync(join(root, file, '..'), { recursive: true })
  writeFileSync(join(root, file), gzipSync(text))
}
async function list(path = root): Promise<ArchiveFile[]> {
  const files: ArchiveFile[] = []
  for await (const file of archives().list(path)) files.push(file)
  return files
}
async function linesOf(
  file: ArchiveFile | undefined,
  meanwhile: () => void = () => undefined,
): Promise<number> {
  if (!file) throw new Error('no such file')
  let lines = 0
  for await (const found of archives().lines(root, file, 0)) {
    if (!('note' in found)) lines += found.length
    meanwhile()
  }
  return lines
}

describe('createFolderArchives', () => {
  it('resolves folders below its roots, and refuses every way out by one and the same answer', async () => {
    put('segment-logs/web/1/a.gz')
    symlinkSync(outside, join(root, 'out'))
    expect(await archives().resolve(join(root, 'segment-logs'))).toBe(join(root, 'segment-logs'))
    for (const path of [
      outside,
      join(root, '..'),
      join(root, 'out'),
      join(root, 'none'),
      `${root}-of-others`,
      'web',
    ])
      await expect(archives().resolve(path)).rejects.toMatchObject({ code: 'path_not_allowed' })
  })

  it('lists gzip files by their whole names, however deep, and follows no link', async () => {
    for (const file of ['b/2.gz', 'b-1/1.gz', 'a.gz', 'b/10.gz', 'dummy.txt']) put(file)
    symlinkSync(join(root, 'a.gz'), join(root, 'link.gz'))
    symlinkSync(outside, join(root, 'out'))
    expect((await list()).map(({ file }) => file)).toEqual(['a.gz', 'b-1/1.gz', 'b/10.gz', 'b/2.gz'])
  })

  it('refuses a file that was rewritten since it was listed, and one that vanished', async () => {
    put('a.gz')
    put('b.gz')
    const [a, b] = await list()
    put('a.gz', '{"a":1}\n{"a":2}\n')
    rmSync(join(root, 'b.gz'))
    await expect(linesOf(a)).rejects.toMatchObject({ code: 'archive_file_changed' })
    await expect(linesOf(b)).rejects.toMatchObject({ code: 'archive_file_gone' })
    expect(await linesOf((await list())[0])).toBe(2)
  })

  it('says at its end that a file was rewritten in place while it was read', async () => {
    put('a.gz', '{"a":1}\n'.repeat(1_000))
    const [a] = await list()
    await expect(linesOf(a, () => put('a.gz'))).rejects.toMatchObject({ code: 'archive_file_changed' })
  })

  it('reads to its end what was open when another file took its name', async () => {
    put('a.gz', '{"a":1}\n'.repeat(1_000))
    const [a] = await list()
    const swap = () => {
      put('new')
      renameSync(join(root, 'new'), join(root, 'a.gz'))
    }
    let isSwapped = false
    const swapOnce = () => {
      if (!isSwapped) swap()
      isSwapped = true
    }
    expect(await linesOf(a, swapOnce)).toBe(1_000)
    await expect(linesOf(a)).rejects.toMatchObject({ code: 'archive_file_changed' })
  })

  it('says of a folder that it cannot be read, for which somebody must act', async () => {
    await expect(list(join(root, 'none'))).rejects.toMatchObject({ code: 'archive_forbidden' })
  })
})
