/** The configuration of a process: `.env` of the working folder, the environment over it, and the kept keys. */
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { parseConfig } from '../core/config.ts'
import type { Config } from '../core/config.ts'
import type { Secret } from '../core/secret.ts'
import { keptKeys } from './launcher/keys.ts'

export type LoadedConfig = Config & { apiKey: Secret; secretKey: Secret }

/** The configuration as the environment says it; on problems prints them all and ends the process with 1. */
export function readConfig(defaults: { vendorsByDefault?: 'sandbox' | 'real' } = {}): Config {
  if (existsSync('.env')) process.loadEnvFile('.env')
  const result = parseConfig({ HOME: homedir(), ...process.env }, defaults)
  if (result.ok) return result.config
  console.error(
    ['The configuration has problems:', ...result.problems.map((text) => `  - ${text}`)].join('\n'),
  )
  console.error('See docs/config.md for every variable.')
  process.exit(1)
}

/** The same with both keys, which are made and kept in the data folder where the environment has none. */
export async function loadConfig(): Promise<LoadedConfig> {
  const config = readConfig()
  return { ...config, ...(await keptKeys(config)) }
}
