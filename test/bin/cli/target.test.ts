import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findKey, keptKeysName, targetOf, variables } from '../../../bin/cli/target.ts'
import { keyFile } from '../../../bin/launcher/keys.ts'
import { settings } from '../../../core/config-table.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'causeway-target-'))
  writeFileSync(join(folder, 'keys.json'), '{"apiKey":"kept-key","secretKey":"s"}')
  writeFileSync(join(folder, 'plain.key'), 'plain-key\n')
  writeFileSync(join(folder, 'broken.key'), 'two words\n')
})
afterAll(() => rmSync(folder, { recursive: true }))

const find = (env: Record<string, string>, options: { url?: string; keyFile?: string } = {}) => {
  const io = { env: { DATA_DIR: '.', ...env }, cwd: folder }
  return findKey(io, options, targetOf(io, options))?.key.reveal()
}

describe('variables', () => {
  it('have the names and defaults of the table of all settings', () => {
    const rows = [settings.cliUrl, settings.host, settings.port, settings.dataDir, settings.apiKey]
    expect(Object.values(variables)).toEqual(
      rows.map(({ name, default: byDefault = '' }) => ({ name, default: byDefault })),
    )
    expect(keyFile('x')).toBe(join('x', keptKeysName))
  })
})

describe('targetOf', () => {
  const urlOf = (env: Record<string, string>, url?: string) => targetOf({ env, cwd: '/' }, { url })
  it('is where the launcher of this folder listens, unless something else is named', () => {
    expect(urlOf({}).url).toBe('http://127.0.0.1:3000')
    expect(urlOf({ HOST: '0.0.0.0', PORT: '4000' }).url).toBe('http://127.0.0.1:4000')
    expect(urlOf({ HOST: '::1', PORT: '4000' }).url).toBe('http://[::1]:4000')
    expect(urlOf({ CAUSEWAY_URL: 'https://bridge.test/', PORT: '4000' }).url).toBe('https://bridge.test')
    expect(urlOf({ CAUSEWAY_URL: 'https://bridge.test' }, 'http://other.test').url).toBe('http://other.test')
  })
  it('knows which API is on this machine', () => {
    expect(urlOf({}).isLocal).toBe(true)
    expect(urlOf({ CAUSEWAY_URL: 'http://localhost:3000' }).isLocal).toBe(true)
    expect(urlOf({ CAUSEWAY_URL: 'https://bridge.test' }).isLocal).toBe(false)
    expect(urlOf({ CAUSEWAY_URL: 'http://127.evil.test' }).isLocal).toBe(false)
  })
  it.each(['bridge.test', 'ftp://bridge.test', 'http://bridge.test?x=1', ''])(
    'refuses %j as a URL',
    (url) => {
      if (url === '') expect(urlOf({}, url).url).toBe('http://127.0.0.1:3000')
      else expect(() => urlOf({}, url)).toThrow(/no URL/)
    },
  )
  it('does not repeat the password of a URL that it refuses', () => {
    expect(() => urlOf({}, 'http://me:hunter2@bridge.test')).toThrow(/^This is no URL/)
  })
})

describe('findKey', () => {
  it('takes a file before the environment, and the environment before what the launcher keeps', () => {
    expect(find({ CAUSEWAY_API_KEY: 'env-key' }, { keyFile: 'plain.key' })).toBe('plain-key')
    expect(find({ CAUSEWAY_API_KEY: ' env-key ' })).toBe('env-key')
    expect(find({})).toBe('kept-key')
    expect(find({}, { keyFile: 'keys.json' })).toBe('kept-key')
  })
  it('never sends the kept key to another machine', () => {
    expect(find({ CAUSEWAY_URL: 'https://bridge.test' })).toBeUndefined()
  })
  it('refuses a file that is missing or holds no key, without showing what it holds', () => {
    expect(() => find({}, { keyFile: 'absent.key' })).toThrow(/cannot be read/)
    expect(() => find({}, { keyFile: 'broken.key' })).toThrow(
      /^What .*broken\.key holds is no key: it is empty or has blanks in it\.$/,
    )
  })
})
