// The command on files of its own: real keys, a real database, and a process that is killed on the way.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, stat } from 'node:fs/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { keptKeys, keyFile } from '../../bin/launcher/keys.ts'
import { newKeyFile, oldKeyFile, rotateKey } from '../../bin/rotation.ts'
import { parseConfig, type Config } from '../../core/config.ts'
import { openDb } from '../../db/client.ts'
import { answerPurpose } from '../../db/idempotency.ts'
import { createSecretBox } from '../../db/secret-box.ts'
import { openStore } from '../../db/store.ts'
import { create } from '../db/suite/requests.ts'
import { temporaryFolder } from './launcher/fake-programs.ts'

function configOf(folder: string, env: Record<string, string> = {}): Config {
  const result = parseConfig({ HOME: '/', DATA_DIR: folder, ...env })
  if (!result.ok) throw new Error(result.problems.join())
  return result.config
}

async function keyOf(config: Config): Promise<Buffer> {
  return Buffer.from((await keptKeys(config)).secretKey.reveal(), 'base64')
}

async function storeOf(config: Config) {
  const store = openStore(config.databasePath, createSecretBox(await keyOf(config)))
  onTestFinished(() => store.close())
  return store
}

/** A data folder with one connection and `calls` answers that are kept sealed. */
async function madeFolder(env: Record<string, string> = {}, calls = 0): Promise<Config> {
  const config = configOf(await temporaryFolder(), env)
  const store = await storeOf(config)
  await create(store)
  const [db, box] = [openDb(config.databasePath), createSecretBox(await keyOf(config))]
  const insert = db.sqlite.prepare(
    'INSERT INTO idempotent_calls (hash, body_hash, started_at_ms, answer) VALUES (?, ?, 1, ?)',
  )
  db.sqlite.transaction(() => {
    for (let n = 0; n < calls; n += 1) {
      const hash = Buffer.from(String(n).padStart(32, '0'))
      insert.run(hash, Buffer.alloc(32), box.seal('{"status":200}', answerPurpose(hash)))
    }
  })()
  db.sqlite.close()
  return config
}

async function run(config: Config, ...args: string[]): Promise<{ code: number; told: string }> {
  const lines: string[] = []
  const code = await rotateKey({ config, args, say: (line) => void lines.push(line), settleMs: 0 })
  return { code, told: lines.join('\n') }
}

const serverKey = async (config: Config) =>
  (await storeOf(config)).connections.openKey('con_1', 'statsig.serverKey')

describe('rotateKey', () => {
  it('puts a new key where the generated one was, keeps the old one for backups, and shows neither', async () => {
    const config = await madeFolder()
    const running = await storeOf(config)
    const [oldKey, { apiKey }] = [await keyOf(config), await keptKeys(config)]
    const { code, told } = await run(config)
    expect(code).toBe(0)
    const newKey = await keyOf(config)
    expect(newKey.equals(oldKey)).toBe(false)
    expect((await keptKeys(config)).apiKey.reveal()).toBe(apiKey.reveal())
    const kept = oldKeyFile(config.dataDir, createSecretBox(oldKey).keyId)
    expect(Buffer.from(await readFile(kept, 'utf8'), 'base64').equals(oldKey)).toBe(true)
    for (const path of [kept, keyFile(config.dataDir)]) expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(told).toMatch(/connection_keys\.sealed: 1 sealed anew/)
    for (const key of [oldKey, newKey]) expect(told).not.toContain(key.toString('base64'))
    expect(await serverKey(config)).toBe('secret-con_1')
    // This one never looked while the rotation was open; the command waits so that there is none such.
    await expect(running.connections.openKey('con_1', 'statsig.serverKey')).rejects.toMatchObject({
      code: 'secret_unreadable',
    })
    expect((await run(config, '--status')).told).toMatch(/Key \w{16} seals 1 secrets\.\n.*was finished at/)
  })

  it('goes on where it was killed, and everything is readable meanwhile by old and new processes', async () => {
    const config = await madeFolder({}, 2_500)
    const running = await storeOf(config)
    const child = spawn(process.execPath, ['--import', 'tsx/esm', 'bin/rotate-key.ts'], {
      ...{ env: { ...process.env, DATA_DIR: config.dataDir }, stdio: ['ignore', 'pipe', 'inherit'] },
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    let told = ''
    child.stdout.on('data', (chunk: Buffer) => {
      told += chunk.toString()
      if (told.includes('1000 sealed anew so far')) child.kill('SIGKILL')
    })
    let reads = 0
    const reading = setInterval(() => {
      void running.connections.openKey('con_1', 'statsig.serverKey').then((key) => {
        expect(key).toBe('secret-con_1')
        reads += 1
      })
    }, 5)
    expect((await once(child, 'exit'))[1]).toBe('SIGKILL')
    clearInterval(reading)
    expect(reads).toBeGreaterThan(10)
    expect(await serverKey(config)).toBe('secret-con_1')
    expect((await run(config, '--status')).told).toMatch(
      /A rotation from \w{16} to \w{16}, begun .*, is open/,
    )
    const { code, told: rest } = await run(config)
    expect(code).toBe(0)
    expect(rest).toMatch(/A rotation that was begun goes on/)
    const [, anew] = /idempotent_calls\.answer: (\d+) sealed anew$/m.exec(rest) ?? []
    expect(Number(anew)).toBeGreaterThan(0)
    expect(Number(anew)).toBeLessThanOrEqual(1_500)
    for (const store of [running, await storeOf(config)])
      expect(await store.connections.openKey('con_1', 'statsig.serverKey')).toBe('secret-con_1')
  })

  it('leaves the last step to a person where the key comes from the environment', async () => {
    const given = Buffer.alloc(32, 5).toString('base64')
    const config = await madeFolder({ CAUSEWAY_SECRET_KEY: given, CAUSEWAY_API_KEY: 'api-key' })
    const { code, told } = await run(config)
    expect(code).toBe(0)
    expect(told).toContain(newKeyFile(config.dataDir))
    const made = (await readFile(newKeyFile(config.dataDir), 'utf8')).trim()
    const changed = configOf(config.dataDir, { CAUSEWAY_SECRET_KEY: made, CAUSEWAY_API_KEY: 'api-key' })
    for (const either of [config, changed]) expect(await serverKey(either)).toBe('secret-con_1')
    expect(await run(config, '--finish')).toMatchObject({
      code: 1,
      told: expect.stringMatching(
        /This shell still has key .*: set the new key, .*Nothing was changed/,
      ) as string,
    })
    expect(await run(changed)).toMatchObject({ code: 0 })
    expect(await run(changed, '--finish')).toMatchObject({ code: 0 })
    expect(await serverKey(changed)).toBe('secret-con_1')
    await expect(serverKey(config)).rejects.toMatchObject({ code: 'secret_unreadable' })
    expect(await run(config)).toMatchObject({ code: 1 })
    // The next rotation does not take the file of this one for its new key.
    expect(await run(changed)).toMatchObject({ code: 0 })
    expect((await readFile(newKeyFile(config.dataDir), 'utf8')).trim()).not.toBe(made)
  })

  it('refuses, and changes nothing, without a database, without a key, with a wrong key, and beside another', async () => {
    const config = configOf(await temporaryFolder())
    expect((await run(config)).told).toMatch(/There is no database at .* Nothing was changed/)
    const made = await madeFolder()
    const wrong = configOf(made.dataDir, { CAUSEWAY_SECRET_KEY: Buffer.alloc(32, 6).toString('base64') })
    expect(await run(wrong)).toMatchObject({
      code: 1,
      told: expect.stringMatching(/sealed by key \w{16}, and \w{16} was given/) as string,
    })
    const database = { DATABASE_URL: `file:${made.databasePath}` }
    expect((await run(configOf(config.dataDir, database))).told).toMatch(/There is no master key/)
    const both = await Promise.all([run(made), run(made)])
    expect(both.map(({ code }) => code).toSorted()).toEqual([0, 1])
    expect(both.find(({ code }) => code === 1)?.told).toMatch(/Another rotate-key is running/)
    expect((await run(made, '--now')).code).toBe(2)
    expect(await serverKey(made)).toBe('secret-con_1')
  })
})
