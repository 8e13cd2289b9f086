import { chmod, readFile, readdir, stat, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { parseConfig } from '../../../core/config.ts'
import { Secret } from '../../../core/secret.ts'
import { keptKeys, keyFile } from '../../../bin/launcher/keys.ts'
import { temporaryFolder } from './fake-programs.ts'

const none = { apiKey: undefined, secretKey: undefined }

describe('keptKeys', () => {
  it('makes both keys once, readable by their owner alone', async () => {
    const dataDir = await temporaryFolder()
    const first = await keptKeys({ dataDir, ...none })
    const second = await keptKeys({ dataDir, ...none })
    expect(second.apiKey.reveal()).toBe(first.apiKey.reveal())
    expect(second.secretKey.reveal()).toBe(first.secretKey.reveal())
    expect((await stat(keyFile(dataDir))).mode & 0o777).toBe(0o600)
    expect(await readdir(dataDir)).toEqual(['keys.json'])
  })

  it('makes a sealing key that the configuration takes', async () => {
    const { apiKey, secretKey } = await keptKeys({ dataDir: await temporaryFolder(), ...none })
    const env = { HOME: '/', CAUSEWAY_API_KEY: apiKey.reveal(), CAUSEWAY_SECRET_KEY: secretKey.reveal() }
    expect(parseConfig(env)).toMatchObject({ ok: true })
  })

  it('agrees on one pair when several processes start together', async () => {
    const dataDir = await temporaryFolder()
    const all = await Promise.all(Array.from({ length: 8 }, () => keptKeys({ dataDir, ...none })))
    expect(new Set(all.map(({ apiKey }) => apiKey.reveal())).size).toBe(1)
  })

  it('prefers the environment, key by key, and writes nothing when it has both', async () => {
    const dataDir = await temporaryFolder()
    const apiKey = new Secret('from-env')
    await keptKeys({ dataDir, apiKey, secretKey: new Secret('also') })
    expect(await readdir(dataDir)).toEqual([])
    const keys = await keptKeys({ dataDir, apiKey, secretKey: undefined })
    expect(keys.apiKey).toBe(apiKey)
    expect(JSON.parse(await readFile(keyFile(dataDir), 'utf8'))).toHaveProperty(
      'secretKey',
      keys.secretKey.reveal(),
    )
  })

  it('closes a key file that others could read', async () => {
    const dataDir = await temporaryFolder()
    await keptKeys({ dataDir, ...none })
    await chmod(keyFile(dataDir), 0o644)
    await keptKeys({ dataDir, ...none })
    expect((await stat(keyFile(dataDir))).mode & 0o777).toBe(0o600)
  })

  it('refuses a damaged file instead of making new keys over it', async () => {
    const dataDir = await temporaryFolder()
    await writeFile(keyFile(dataDir), '{"apiKey": "half')
    await expect(keptKeys({ dataDir, ...none })).rejects.toThrow('is not what Causeway wrote there')
    expect(await readFile(keyFile(dataDir), 'utf8')).toBe('{"apiKey": "half')
  })
})
