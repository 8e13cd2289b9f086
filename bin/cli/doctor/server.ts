/** What the API tells of itself and of what it needs. */
import { readFileSync } from 'node:fs'
import { createApi, ok, parsed, type Api } from '../api.ts'
import type { Cli } from '../cli.ts'
import { CliFailure } from '../failure.ts'
import { findKey } from '../target.ts'
import { bad, good, odd, unseen, type Check } from './check.ts'
import { logsOf } from './machine.ts'

const timeoutMs = 10_000

export interface Reached {
  checks: Check[]
  /** Undefined: it does not answer, or is another program. */
  api: Api | undefined
}

/** The API itself, and by the time that it gives, the clocks. No key is sent. */
export async function reach(cli: Cli): Promise<Reached> {
  const { url, dataDir, isLocal } = cli.target
  const api = createApi(cli.io, url, undefined)
  const sentAtMs = cli.io.nowMs()
  try {
    const response = await api.raw('/healthz', { timeoutMs })
    const body = parsed(await response.text())
    const gotAtMs = cli.io.nowMs()
    if (typeof body !== 'object' || body === null || !('ok' in body))
      return {
        api: undefined,
        checks: [
          bad(
            'api',
            `What answers at ${url} is not Causeway (status ${response.status}).`,
            'Another program has that port: stop it, or set PORT; look at --url and CAUSEWAY_URL.',
          ),
        ],
      }
    const checks = [
      good('api', `${url} answers in ${gotAtMs - sentAtMs} ms`),
      checkClock(response.headers.get('date'), sentAtMs, gotAtMs),
    ]
    return { api, checks: [...checks, await checkVersion(api)] }
  } catch (error) {
    if (!(error instanceof CliFailure) || error.complaint.code === 'interrupted') throw error
    const where = isLocal
      ? `\`npm start\` starts it; ${logsOf(dataDir)}/api.log says why it ended.`
      : 'Start it there; look at --url, CAUSEWAY_URL and what lies between.'
    return {
      api: undefined,
      checks: [bad('api', `${url} does not answer: ${error.complaint.detail ?? ''}`, where)],
    }
  }
}

const skewMsOdd = 5_000
const skewMsBad = 60_000

/** The header has whole seconds, so its middle is taken. */
export function checkClock(date: string | null, sentAtMs: number, gotAtMs: number): Check {
  const serverMs = Date.parse(date ?? '')
  if (Number.isNaN(serverMs)) return unseen('clock', 'The answer has no date.')
  const skewMs = serverMs + 500 - (sentAtMs + gotAtMs) / 2
  const seconds = `${(Math.abs(skewMs) / 1_000).toFixed(1)} s`
  if (Math.abs(skewMs) <= skewMsOdd) return good('clock', 'ours and the one of the API agree')
  const says = `The API's clock is ${seconds} ${skewMs > 0 ? 'ahead of' : 'behind'} ours.`
  const todo = 'Set both by NTP: ages, late messages and times without a zone are counted by them.'
  return Math.abs(skewMs) <= skewMsBad ? odd('clock', says, todo) : bad('clock', says, todo)
}

async function checkVersion(api: Api): Promise<Check> {
  const ours = ourVersion()
  const response = await api.raw('/openapi.json', { timeoutMs })
  const document = parsed(await response.text()) as { info?: { version?: string } }
  const theirs = document.info?.version
  if (theirs === undefined) return odd('version', 'The API does not say its version.', 'Is it Causeway?')
  return theirs === ours
    ? good('version', theirs)
    : odd('version', `The API is ${theirs}, this command line ${ours}.`, 'Use both of one version.')
}

function ourVersion(): string {
  const file = new URL('../../../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

/** What to do about a check of /readyz, by its name. */
const todos: Record<string, string> = {
  store: 'docs/runbook.md, "The disk is full" and "The database is busy".',
  temporal:
    'Bring it back: `npm start` does so by itself. Events are accepted meanwhile, and delivered afterwards.',
  worker: 'Start `bin/worker`: `npm start` runs it. Nothing is delivered without it.',
  'bulk-worker':
    'Start `bin/bulk-worker`: `npm start` runs it. Late messages, replays and audiences wait for it.',
  lanes: 'docs/runbook.md, "Events wait": the lane\'s workflow in the Web UI says what it is at.',
  sandbox: 'Start `bin/sandbox`: `npm start` runs it.',
}

/** Each dependency, as the API's readiness has it. */
export async function checkReadiness(api: Api): Promise<Check[]> {
  const response = await api.raw('/readyz', { timeoutMs })
  const body = parsed(await response.text()) as { checks?: Record<string, { ok: boolean; reason?: string }> }
  return Object.entries(body.checks ?? {}).map(
    ([name, { ok: isFine, reason = 'It says no, and not why.' }]) =>
      isFine ? good(name, saysOf[name] ?? 'ready') : bad(name, reason, todos[name] ?? 'docs/runbook.md'),
  )
}

const saysOf: Record<string, string> = {
  store: 'written to and read',
  temporal: 'reached by the API',
  lanes: 'none stands still',
  worker: 'gives signs of life',
  'bulk-worker': 'gives signs of life',
}

/** The key and its role; the API with it, where it is good. */
export async function checkKey(cli: Cli): Promise<Reached> {
  const { io, options, target } = cli
  try {
    const found = findKey(io, options, target)
    if (!found) {
      const todo = target.isLocal
        ? 'Set CAUSEWAY_API_KEY, give --key-file, or go to the folder of `npm start`.'
        : 'Set CAUSEWAY_API_KEY or give --key-file.'
      return { api: undefined, checks: [bad('key', 'There is none.', todo)] }
    }
    const api = createApi(io, target.url, found.key)
    const { name, role } = await ok(api.GET('/api/v1/session'))
    const isOpen = target.url.startsWith('http:') && !target.isLocal
    const says = `${role}, "${name}", ${found.from}`
    const check = isOpen
      ? odd('key', `${says}; it travels unencrypted.`, 'Put TLS before the API and use https.')
      : good('key', says)
    return { api, checks: [check] }
  } catch (error) {
    if (!(error instanceof CliFailure) || error.complaint.code === 'interrupted') throw error
    const { title, detail, nextStep } = error.complaint
    const says = [title, detail].filter((part) => part !== undefined).join(': ')
    return { api: undefined, checks: [bad('key', says, nextStep ?? 'Give a key that is valid there.')] }
  }
}
