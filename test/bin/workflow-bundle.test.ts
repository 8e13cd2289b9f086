import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, describe, it, onTestFinished } from 'vitest'
import { workflowBundle } from '../../bin/workflow-bundle.ts'

function cacheFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-bundle-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}
const bundlesIn = (folder: string) =>
  readdirSync(join(folder, 'workflows')).filter((name) => name.endsWith('.js'))

describe('workflowBundle', () => {
  it('bundles once, also for those who come at the same time', async () => {
    const folder = cacheFolder()
    const [path, same] = await Promise.all([workflowBundle(folder), workflowBundle(folder)])
    expect(same).toBe(path)
    expect(readFileSync(path, 'utf8').includes('drainLane')).toBe(true)
    writeFileSync(path, 'kept')
    expect(readFileSync(await workflowBundle(folder)).length).toBe('kept'.length)
  })

  it('keeps the newest five of other versions', async () => {
    const folder = cacheFolder()
    mkdirSync(join(folder, 'workflows'))
    for (let n = 0; n < 8; n += 1) {
      const other = join(folder, 'workflows', `other-${n}.js`)
      writeFileSync(other, '')
      utimesSync(other, n + 1, n + 1)
    }
    const path = await workflowBundle(folder)
    expect(bundlesIn(folder).sort()).toEqual(
      [...[3, 4, 5, 6, 7].map((n) => `other-${n}.js`), path.split('/').at(-1)].sort(),
    )
  })

  it('throws where the cache folder cannot be made', async () => {
    const file = join(cacheFolder(), 'file')
    writeFileSync(file, '')
    await expect(workflowBundle(file)).rejects.toThrow(/ENOTDIR|EEXIST/)
  })
})
