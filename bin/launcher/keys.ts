/** The admin key and the key that seals secrets: from the environment, else made once and kept in the data folder. */
import { randomBytes } from 'node:crypto'
import { chmod, link, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Config } from '../../core/config.ts'
import { Secret } from '../../core/secret.ts'

const KeyFile = z.object({ apiKey: z.string().min(1), secretKey: z.string().min(1) })

export interface Keys {
  apiKey: Secret
  secretKey: Secret
}

/** Where generated keys are kept. */
export const keyFile = (dataDir: string): string => join(dataDir, 'keys.json')

async function makeKeyFile(path: string): Promise<void> {
  const keys = {
    apiKey: `cway_${randomBytes(24).toString('base64url')}`,
    secretKey: randomBytes(32).toString('base64'),
  }
  // Linked into place, whole and never over another: processes that start together agree on one file.
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  await writeFile(draft, `${JSON.stringify(keys, undefined, 2)}\n`, { mode: 0o600, flag: 'wx', flush: true })
  try {
    await link(draft, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await rm(draft)
  }
}

/** Both keys; a file that cannot be read is an error, never a reason to make new keys over it. */
export async function keptKeys(config: Pick<Config, 'dataDir' | 'apiKey' | 'secretKey'>): Promise<Keys> {
  if (config.apiKey && config.secretKey) return { apiKey: config.apiKey, secretKey: config.secretKey }
  const path = keyFile(config.dataDir)
  const read = (): Promise<string | undefined> =>
    readFile(path, 'utf8').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    })
  let text = await read()
  if (text === undefined) {
    await mkdir(config.dataDir, { recursive: true, mode: 0o700 })
    await makeKeyFile(path)
    text = await read()
  }
  await chmod(path, 0o600)
  const keys = KeyFile.safeParse(parseJson(text ?? ''))
  if (!keys.success)
    throw new Error(
      `${path} is not what Causeway wrote there. Put it back; without its secretKey, sealed keys stay sealed.`,
    )
  return {
    apiKey: config.apiKey ?? new Secret(keys.data.apiKey),
    secretKey: config.secretKey ?? new Secret(keys.data.secretKey),
  }
}

/** Puts another master key into the key file, whole or not at all; the API key stays. */
export async function replaceSecretKey(dataDir: string, secretKey: Secret): Promise<void> {
  const path = keyFile(dataDir)
  const { apiKey } = KeyFile.parse(JSON.parse(await readFile(path, 'utf8')))
  const keys = { apiKey, secretKey: secretKey.reveal() }
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  await writeFile(draft, `${JSON.stringify(keys, undefined, 2)}\n`, { mode: 0o600, flag: 'wx', flush: true })
  await rename(draft, path)
  const folder = await open(dataDir)
  await folder.sync().finally(() => folder.close())
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
