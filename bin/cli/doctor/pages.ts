/** The pages that people look at: the console, and Temporal's Web UI where it is on this machine. */
import type { Config } from '../../../core/config.ts'
import { createApi, reasonOf, type Api } from '../api.ts'
import type { Cli } from '../cli.ts'
import type { Connection } from '../connection.ts'
import { CliFailure } from '../failure.ts'
import { good, odd, unseen, type Check } from './check.ts'

const timeoutMs = 5_000

export async function checkConsole(api: Api, url: string): Promise<Check> {
  const response = await api.raw('/', { timeoutMs, headers: { accept: 'text/html' } })
  await response.body?.cancel()
  const isPage = response.ok && (response.headers.get('content-type') ?? '').startsWith('text/html')
  return isPage
    ? good('console', `${url}/`)
    : odd(
        'console',
        'The API has no page.',
        '`npm run build:console` builds it; the API needs no restart of anything else.',
      )
}

/** Where the API links to, else where the launcher of this folder puts it. */
export async function checkTemporalUi(
  cli: Cli,
  connections: readonly Connection[],
  config: Config | undefined,
): Promise<Check> {
  const linked = connections.flatMap(({ lanes }) => Object.values(lanes)).at(0)?.temporalUrl
  const address = linked === undefined ? config?.temporalUiUrl : new URL(linked).origin
  if (address === undefined) return unseen('web ui', 'Nothing links to it yet.')
  const isHere = /^(127\.|localhost$|\[::1\]$)/.test(new URL(address).hostname)
  if (isHere && !cli.target.isLocal) return unseen('web ui', `${address} is on the API's machine.`)
  try {
    const response = await createApi(cli.io, address, undefined).raw('/', { timeoutMs })
    await response.body?.cancel()
    return good('web ui', address)
  } catch (error) {
    if (error instanceof CliFailure && error.complaint.code === 'interrupted') throw error
    const why = error instanceof CliFailure ? error.complaint.detail : reasonOf(error).text
    return odd(
      'web ui',
      `Temporal's Web UI at ${address} does not answer: ${why ?? ''}`,
      'Its port is TEMPORAL_UI_PORT; with a server of your own, the links need its address.',
    )
  }
}
