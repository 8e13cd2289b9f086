/**
 * A set-up as the control plane drives it: begun in the store, run by the workflow `connectSegment`, told what a person
 * does. A run that was lost with Temporal's database is begun again where it stood; nothing of it is in memory.
 */
import { BridgeError } from '../core/errors.ts'
import { connectWorkflowId } from '../core/ids.ts'
import type { Connection, RunStart, Setup } from '../core/ports.ts'
import { manualWaitMs, setupWaitMs, type ChoiceIds } from '../core/setup.ts'
import type { ConnectSegmentInput } from '../workflows/connect-segment.ts'
import type { ApiDeps } from './deps.ts'

/** Begins a set-up, or answers the one that is open; makes sure that its run is. */
export async function startSetup(
  deps: ApiDeps,
  connection: Connection,
): Promise<{ setup: Setup; started: boolean }> {
  const open = await deps.store.setups.newest(connection.id)
  if (open && open.endedAtMs === undefined) {
    await deps.runs.start(runOf(open))
    return { setup: open, started: false }
  }
  refuseLoopback(deps)
  const setup = await deps.store.setups.begin({
    ...{ id: deps.ids.next('setup'), connectionId: connection.id, kind: connection.setup },
    ...(connection.setup === 'oauth' ? { authorization: await newAuthorization(deps) } : {}),
    expiresAtMs: deps.clock.nowMs() + (connection.setup === 'manual' ? manualWaitMs : setupWaitMs),
    nowMs: deps.clock.nowMs(),
  })
  await deps.runs.start(runOf(setup))
  return { setup, started: true }
}

/** What has to be there before anything is begun. Throws `api_token_missing`, `oauth_not_configured`. */
export function refuseUnprepared({ segmentOauth }: ApiDeps, { setup, keys }: Connection): void {
  if (setup === 'token' && !keys.includes('segment.apiToken'))
    throw new BridgeError('api_token_missing', 'This connection is set up with a Public API token.')
  if (setup === 'oauth' && !segmentOauth)
    throw new BridgeError('oauth_not_configured', 'SEGMENT_OAUTH_CLIENT_ID or its secret is not set.')
}

/** Segment itself cannot deliver to this machine's own address; a Segment on this machine can. */
function refuseLoopback({ config }: ApiDeps): void {
  if (isLoopback(config.publicUrl) && !isLoopback(config.segmentApiUrl))
    throw new BridgeError('public_url_loopback', `PUBLIC_URL is ${config.publicUrl}.`)
}

const isLoopback = (url: string): boolean =>
  /^(localhost|127(\.\d+){3}|\[::1\]|0\.0\.0\.0)$/.test(new URL(url).hostname)

async function newAuthorization({ segmentOauth, ids, config }: ApiDeps) {
  if (!segmentOauth) throw new BridgeError('oauth_not_configured', 'There is no app.')
  const [state, verifier] = [ids.secret(), ids.secret()]
  const redirectUri = callbackUrl(config)
  return { state, verifier, url: await segmentOauth.authorizeUrl({ state, verifier, redirectUri }) }
}

export const callbackPath = '/oauth/segment/callback'
const callbackUrl = ({ publicUrl }: ApiDeps['config']): string => `${publicUrl}${callbackPath}`

function runOf({ id: setupId, connectionId, kind }: Setup): RunStart {
  const input: ConnectSegmentInput = { connectionId, setupId, kind }
  return {
    ...{ workflow: 'connectSegment', workflowId: connectWorkflowId(connectionId), args: [input] },
    ...{ taskQueue: 'causeway-live', connectionId, summary: `set up at Segment (${kind})` },
    details:
      'Sets a connection up at Segment: consent or token, source, destination, proof by a test event. Every step is undone if it fails, expires or is cancelled.',
  }
}

/** Tells the run something. One that is lost is begun anew and told then. Throws `setup_not_open`. */
export async function tellSetup(
  { store, runs }: ApiDeps,
  connectionId: string,
  update: 'consent' | 'chooseSource' | 'cancelSetup',
  args: unknown[],
): Promise<void> {
  const setup = await store.setups.newest(connectionId)
  if (!setup || setup.endedAtMs !== undefined)
    throw new BridgeError('setup_not_open', `Connection ${connectionId} is not being set up.`)
  try {
    await runs.update(connectWorkflowId(connectionId), update, args)
  } catch (error) {
    if (!(error instanceof BridgeError) || error.code !== 'not_found') throw error
    await runs.start(runOf(setup))
    await runs.update(connectWorkflowId(connectionId), update, args)
  }
}

export const choose = (deps: ApiDeps, connectionId: string, choice: ChoiceIds): Promise<void> =>
  tellSetup(deps, connectionId, 'chooseSource', [choice])

/** While somebody looks on, a manual set-up looks too; not more often than this. */
const nudgeEveryMs = 10_000

/**
 * Sees to it that a set-up does not wait for what is there already: a consent that Temporal could not be told of when it
 * came, or what a person has just put right by hand. Whoever reads does not wait for it.
 */
export function createNudge(deps: ApiDeps): (setup: Setup) => void {
  const nudgedAtMs = new Map<string, number>()
  return (setup) => {
    const { id, connectionId, kind, endedAtMs, step, hasConsent } = setup
    const isAsking = (step === 'authorize' && hasConsent) || kind === 'manual'
    const nowMs = deps.clock.nowMs()
    if (endedAtMs !== undefined || !isAsking || nowMs - (nudgedAtMs.get(id) ?? -Infinity) < nudgeEveryMs)
      return
    if (nudgedAtMs.size > 1_000) nudgedAtMs.clear()
    nudgedAtMs.set(id, nowMs)
    const told = hasConsent
      ? tellSetup(deps, connectionId, 'consent', [{}])
      : deps.runs.signal(connectWorkflowId(connectionId), 'look', [])
    // What is refused was known already, and what is down is asked again with the next look.
    told.catch(() => undefined)
  }
}
