import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { freshLog, openDataFolder } from '../../../bin/launcher/data-folder.ts'
import type { DataFolder } from '../../../bin/launcher/data-folder.ts'
import { temporaryFolder } from './fake-programs.ts'

const opened = async (path: string): Promise<DataFolder> => {
  const folder = await openDataFolder(path)
  if ('problem' in folder) throw new Error(folder.problem)
  return folder
}

describe('openDataFolder', () => {
  it('makes the folder, for its owner alone', async () => {
    const path = join(await temporaryFolder(), 'a', 'data')
    const folder = await opened(path)
    expect(folder).toMatchObject({ path, isNew: true })
    expect((await stat(path)).mode & 0o777).toBe(0o700)
    folder.lock.release()
  })

  it('goes on with a folder that is there, and leaves nothing of its check behind', async () => {
    const path = await temporaryFolder()
    await writeFile(join(path, 'causeway.db'), 'kept')
    const folder = await opened(path)
    expect(folder.isNew).toBe(false)
    expect((await readdir(path)).sort()).toEqual(['causeway.db', 'launcher.lock', 'logs'])
    folder.lock.release()
  })

  it.each([
    ['is a file', 'there is a file of that name', (base: string) => join(base, 'file')],
    ['is below a file', 'a part of its path is a file', (base: string) => join(base, 'file', 'data')],
    ['is where nobody may write', 'cannot be used', () => '/sys/causeway'],
  ])('says why and what next when the folder %s', async (_, why, place) => {
    const base = await temporaryFolder()
    await writeFile(join(base, 'file'), '')
    const folder = await openDataFolder(place(base))
    expect(folder).toEqual({ problem: expect.stringContaining(why) as string })
    expect(folder).toEqual({ problem: expect.stringContaining('set DATA_DIR to another folder.') as string })
  })

  it('refuses a folder that another launcher holds, and takes it once that one is gone', async () => {
    const path = await temporaryFolder()
    const first = await opened(path)
    expect(await openDataFolder(path)).toEqual({
      problem: expect.stringContaining('another `npm start`') as string,
    })
    first.lock.release()
    const second = await opened(path)
    second.lock.release()
  })
})

describe('freshLog', () => {
  it('moves the log of the last start aside', async () => {
    const path = await temporaryFolder()
    await mkdir(join(path, 'logs'))
    await writeFile(await freshLog(path, 'api'), 'first start')
    const log = await freshLog(path, 'api')
    expect(await readFile(log, 'utf8')).toBe('')
    expect(await readFile(join(path, 'logs', 'api.1.log'), 'utf8')).toBe('first start')
    expect((await stat(log)).mode & 0o777).toBe(0o600)
  })
})
