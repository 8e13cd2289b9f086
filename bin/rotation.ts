/**
 * The command that changes the master key: makes a new one, seals every stored secret anew while the api and the workers
 * go on, keeps the new key where the old one was, and makes the old one useless. Cut off anywhere, it goes on where it was
 * when it is started again.
 */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../core/config.ts'
import { BridgeError } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'
import { openDb, type Db } from '../db/client.ts'
import { countByKey, type KeyRing } from '../db/key-ring.ts'
import {
  beginRotation,
  finishRotation,
  noteResealed,
  reseal,
  ringOf,
  type Resealed,
} from '../db/rotate-master-key.ts'
import { systemClock as clock } from './clock.ts'
import { tryFileLock } from './file-lock.ts'
import { keptKeys, keyFile, replaceSecretKey } from './launcher/keys.ts'
import { takeUpEveryMs } from './open-store.ts'

export interface RotateOptions {
  config: Config
  /** `--finish`, `--status`, `--help`, or none. */
  args: readonly string[]
  say?: (line: string) => void
  /** How long running processes have to take the new key up before the old one is made useless. Tests shorten it. */
  settleMs?: number
}

export const rotateKeyHelp = `npm run rotate-key [-- --finish | --status]

Changes the master key that seals stored secrets, while Causeway runs. Where the key was made by Causeway, that is all.
Where it comes from CAUSEWAY_SECRET_KEY, set the new key for every process, restart them, and then run it with --finish.`

/** Where the new key stands until it has been put into CAUSEWAY_SECRET_KEY. */
export const newKeyFile = (dataDir: string): string => join(dataDir, 'new-secret-key')
/** Where a retired key is kept, for the backups that were made in its time. */
export const oldKeyFile = (dataDir: string, id: string): string => join(dataDir, `old-secret-key-${id}`)

/** Runs the command; answers the exit code. */
export async function rotateKey(options: RotateOptions): Promise<number> {
  const { config, args, say = console.log } = options
  const unknown = args.find((arg) => !['--finish', '--status', '--help'].includes(arg))
  if (unknown !== undefined || args.includes('--help')) {
    say(unknown === undefined ? rotateKeyHelp : `There is no option ${unknown}.\n\n${rotateKeyHelp}`)
    return unknown === undefined ? 0 : 2
  }
  if (!existsSync(config.databasePath)) return refuse(say, `There is no database at ${config.databasePath}.`)
  if (config.secretKey === undefined && !existsSync(keyFile(config.dataDir)))
    return refuse(say, `There is no master key: neither CAUSEWAY_SECRET_KEY nor ${keyFile(config.dataDir)}.`)
  const lock = tryFileLock(join(dirname(config.databasePath), 'rotate-key.lock'))
  if (!lock) return refuse(say, 'Another rotate-key is running.')
  const db = openDb(config.databasePath)
  try {
    const key = Buffer.from((await keptKeys(config)).secretKey.reveal(), 'base64')
    const run: Run = { ...options, say, db, key, told: new Set() }
    if (args.includes('--status')) return await status(run)
    return args.includes('--finish') ? await finishByHand(run) : await rotate(run)
  } catch (error) {
    if (error instanceof BridgeError) return refuse(say, error.detail)
    throw error
  } finally {
    db.sqlite.close()
    lock.release()
  }
}

interface Run extends RotateOptions {
  say: (line: string) => void
  db: Db
  /** The key of this process. */
  key: Buffer
  /** What has been said to be unreadable. */
  told: Set<string>
}

function refuse(say: (line: string) => void, why: string): number {
  say(`${why} Nothing was changed.`)
  return 1
}

async function rotate(run: Run): Promise<number> {
  const { config, say, db, key } = run
  const isFromEnv = config.secretKey !== undefined
  const ring = ringOf(db, key)
  const [unknown] = await ring.unknown()
  // With a key that opens nothing there is nothing to seal anew, and all would be lost that the right one still opens.
  if (unknown && countByKey(db).every(({ keyId }) => keyId !== ring.ownId) && !(await isOpen(ring)))
    return refuse(say, `Stored secrets are sealed by key ${unknown.keyId}, and ${ring.ownId} was given.`)
  const fresh = isFromEnv ? await draftKey(config.dataDir, key) : randomBytes(32)
  const { from, to, newKey, isNew } = await beginRotation(db, key, fresh, clock.nowMs())
  say(`${isNew ? 'A rotation begins' : 'A rotation that was begun goes on'}: from key ${from} to key ${to}.`)
  if (isFromEnv && !newKey.equals(key)) await keep(newKeyFile(config.dataDir), newKey)
  await resealAll(run, to)
  if (isFromEnv) return tellHandwork(run, to, newKey.equals(key))
  if (!newKey.equals(key)) {
    await keep(oldKeyFile(config.dataDir, from), key)
    await replaceSecretKey(config.dataDir, new Secret(newKey.toString('base64')))
    say(`The new key is in ${keyFile(config.dataDir)}.`)
  }
  await settle(run, to)
  await finish(run, from, to)
  say(
    [
      `Key ${from} is kept in ${oldKeyFile(config.dataDir, from)}. Only a backup that was made before now needs it:`,
      'delete that file when no such backup is to be restored any more, and at once if the key was leaked.',
    ].join(' '),
  )
  return 0
}

/** A process that runs looks for a new key every few seconds, one that starts reads the key file: after this, each has it. */
async function settle(run: Run, to: string): Promise<void> {
  const { say, settleMs = 3 * takeUpEveryMs } = run
  say(`Waits ${settleMs / 1_000} s, until every running process has taken the new key up.`)
  await sleep(settleMs)
  await resealAll(run, to)
}

/** Passes until one finds nothing. */
async function resealAll(run: Run, to: string): Promise<void> {
  const { db, key, say } = run
  // What is overwritten is to be gone from the file too.
  db.sqlite.pragma('secure_delete = ON')
  const ring = ringOf(db, key)
  while ((await pass(run, reseal(db, ring, to))) > 0);
  await noteResealed(db, clock.nowMs())
  say('Everything is sealed by the new key.')
}

/** Tells how a pass goes; answers how many secrets it has sealed anew. */
async function pass({ say, told }: Run, steps: AsyncIterable<Resealed>): Promise<number> {
  const counts = new Map<string, number>()
  for await (const { table, column, done, unreadable } of steps) {
    const name = `${table}.${column}`
    if (done > 0 && done % 1_000 === 0) say(`  ${name}: ${done} sealed anew so far`)
    for (const place of unreadable) {
      if (!told.has(place)) say(`  ${place} cannot be opened, and could not before: left as it is`)
      told.add(place)
    }
    counts.set(name, done)
  }
  for (const [name, done] of counts) if (done > 0) say(`  ${name}: ${done} sealed anew`)
  return [...counts.values()].reduce((sum, done) => sum + done, 0)
}

async function finish({ db, say }: Run, from: string, to: string): Promise<void> {
  await finishRotation(db, clock.nowMs())
  try {
    db.sqlite.pragma('wal_checkpoint(TRUNCATE)')
  } catch {
    // Another process is reading: its own checkpoints come to the same.
  }
  say(`Done. Key ${to} seals and opens everything; key ${from} opens nothing in this database any more.`)
}

/** With a key from the environment the last step is a person's. */
function tellHandwork({ config, say }: Run, to: string, isSet: boolean): number {
  const path = newKeyFile(config.dataDir)
  say(
    [
      ...(isSet
        ? []
        : [`The new key is in ${path}: put its content into CAUSEWAY_SECRET_KEY of every process.`]),
      `Restart every process with key ${to}, one after the other: until all have it, both keys serve.`,
      'Then run `npm run rotate-key -- --finish`. Only after that the old key may be deleted.',
    ].join('\n'),
  )
  return 0
}

async function finishByHand(run: Run): Promise<number> {
  const { db, key, say, config } = run
  const ring = ringOf(db, key)
  const rotation = await ring.rotation()
  if (!rotation || !(await isOpen(ring))) return refuse(say, 'No rotation is open.')
  const { from, to } = rotation
  if (ring.ownId !== to)
    return refuse(say, `This shell still has key ${ring.ownId}: set the new key, ${to}, everywhere first.`)
  await resealAll(run, to)
  await finish(run, from, to)
  if (existsSync(newKeyFile(config.dataDir))) say(`${newKeyFile(config.dataDir)} may be deleted.`)
  say(`Key ${from} may be deleted when no backup that was made before now is to be restored any more.`)
  return 0
}

const isOpen = async (ring: KeyRing): Promise<boolean> => {
  const rotation = await ring.rotation()
  return rotation !== undefined && rotation.finishedAtMs === undefined
}

async function status({ db, key, say }: Run): Promise<number> {
  const ring = ringOf(db, key)
  const [rotation, unknown] = [await ring.rotation(), await ring.unknown()]
  say(`This shell has key ${ring.ownId}.`)
  for (const { keyId, secrets } of countByKey(db)) {
    const isUnknown = unknown.some((one) => one.keyId === keyId)
    say(`Key ${keyId} seals ${secrets} secrets${isUnknown ? ', and is not known here' : ''}.`)
  }
  const iso = (ms: number) => new Date(ms).toISOString()
  if (!rotation) say('The master key was never changed.')
  else if (rotation.finishedAtMs !== undefined)
    say(`The last rotation, to key ${rotation.to}, was finished at ${iso(rotation.finishedAtMs)}.`)
  else
    say(`A rotation from ${rotation.from} to ${rotation.to}, begun at ${iso(rotation.startedAtMs)}, is open.`)
  return unknown.length === 0 ? 0 : 1
}

/** The key of an earlier attempt, or a new one: kept before anything is sealed by it. */
async function draftKey(dataDir: string, own: Buffer): Promise<Buffer> {
  const path = newKeyFile(dataDir)
  const read = async () => Buffer.from((await readFile(path, 'utf8')).trim(), 'base64')
  // Left over from the rotation before this one.
  if (existsSync(path) && own.equals(await read())) await rm(path)
  await keep(path, randomBytes(32))
  const key = await read()
  if (key.length === 32) return key
  throw new BridgeError('secret_unreadable', `${path} does not hold 32 bytes in base64.`)
}

async function keep(path: string, key: Buffer): Promise<void> {
  if (existsSync(path)) return
  await writeFile(path, `${key.toString('base64')}\n`, { mode: 0o600, flag: 'wx', flush: true })
  await chmod(path, 0o600)
}
