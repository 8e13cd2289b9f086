/** What can be seen without the API, where Causeway is on this machine: configuration, data folder, disk, Temporal. */
import { existsSync } from 'node:fs'
import { stat, statfs } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { parseConfig, type Config } from '../../../core/config.ts'
import { isFull } from '../../disk.ts'
import { keyFile } from '../../launcher/keys.ts'
import { accepts } from '../../launcher/ports.ts'
import type { Cli } from '../cli.ts'
import { bad, good, odd, unseen, type Check } from './check.ts'

/** Node 20.19 is the floor, as package.json has it. */
export function checkNode(version: string): Check {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number)
  const isEnough = major > 20 || (major === 20 && minor >= 19)
  return isEnough
    ? good('node', version)
    : bad('node', `${version} is too old.`, 'Install Node 20.19 or newer.')
}

/** The configuration that the launcher of this folder would read; undefined where it has problems. */
export function checkConfig({ io }: Cli): { check: Check; config: Config | undefined } {
  const read = parseConfig({ HOME: homedir(), ...io.env }, { vendorsByDefault: 'sandbox' })
  if (!read.ok)
    return {
      config: undefined,
      check: bad('configuration', read.problems.join(' '), 'Correct it; docs/config.md has every variable.'),
    }
  const { vendors, dataDir } = read.config
  return { config: read.config, check: good('configuration', `${vendors} vendors, data in ${dataDir}`) }
}

export async function checkData({ target: { dataDir } }: Cli, config: Config): Promise<Check[]> {
  if (!existsSync(dataDir))
    return [unseen('data', `There is no ${dataDir}: nothing was started in this folder yet.`)]
  return [await checkDatabase(config), await checkKeyFile(dataDir), await checkDisk(dataDir)]
}

async function checkDatabase({ databasePath }: Config): Promise<Check> {
  try {
    const { size } = await stat(databasePath)
    return good('database', `${databasePath}, ${mebibytes(size)}`)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? odd(
          'database',
          `${databasePath} is not there yet.`,
          '`npm start` makes it; or is DATABASE_URL another one there?',
        )
      : bad('database', `${databasePath}: ${String(error)}`, 'Make it readable for this user.')
  }
}

async function checkKeyFile(dataDir: string): Promise<Check> {
  const path = keyFile(dataDir)
  const mode = await stat(path).then(
    (found) => found.mode & 0o777,
    () => undefined,
  )
  if (mode === undefined) return unseen('keys.json', 'There is none: the keys come from the environment.')
  return (mode & 0o077) === 0 || process.platform === 'win32'
    ? good('keys.json', 'for its owner alone')
    : odd('keys.json', `Others may read ${path} (mode ${mode.toString(8)}).`, `chmod 600 ${path}`)
}

async function checkDisk(dataDir: string): Promise<Check> {
  const space = await statfs(dataDir)
  const free = mebibytes(space.bavail * space.bsize)
  return isFull(space)
    ? bad(
        'disk',
        `${free} free: below the limit, nothing is accepted.`,
        'Free space, or move the data folder (docs/runbook.md).',
      )
    : good('disk', `${free} free`)
}

const mebibytes = (bytes: number): string =>
  bytes >= 1024 ** 3 ? `${(bytes / 1024 ** 3).toFixed(1)} GiB` : `${(bytes / 1024 ** 2).toFixed(1)} MiB`

/** Asked for only where the API cannot tell. */
export async function checkTemporal({ temporalAddress, ownsTemporal }: Config): Promise<Check> {
  const [, host = '127.0.0.1', port = '7233'] = /^(.*):(\d+)$/.exec(temporalAddress) ?? []
  return (await accepts(host, Number(port)))
    ? good('temporal', `${temporalAddress} accepts connections`)
    : bad(
        'temporal',
        `Nothing answers at ${temporalAddress}.`,
        ownsTemporal ? '`npm start` runs it.' : 'Bring it back, or correct TEMPORAL_ADDRESS.',
      )
}

export const logsOf = (dataDir: string): string => join(dataDir, 'logs')
