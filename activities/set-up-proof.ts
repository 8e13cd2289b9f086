/** The proof: an event that went through Segment and came back by the webhook, whoever sent it. */
import { BridgeError } from '../core/errors.ts'
import { proofEvent, proofMessageId } from '../core/setup.ts'
import type { SetupMissing } from '../core/setup-ports.ts'
import type { Named, SetupDeps, SetupRef, Use } from './set-up.ts'

export interface ProofInput extends SetupRef {
  sourceIds: string[]
  /** Which look this is: 1, 2 … */
  look: number
}

/** How long one look waits for what was sent, and how often it looks. */
const waitMs = 4_000
const pollMs = 250
/** A destination that was just made may miss the first event: it is sent again with every so manieth look. */
const sendEvery = 4

export function createProof(deps: SetupDeps, use: Use, named: Named) {
  return {
    /** Answers the sources whose test event has not come back yet. */
    lookForProof: named((input: ProofInput) => lookForProof(deps, use, input)),
    /** Answers what a manual set-up still waits for. */
    lookManual: named((ref: SetupRef) => lookManual(deps, ref)),
  }
}

async function lookForProof(
  deps: SetupDeps,
  use: Use,
  { connectionId, setupId, sourceIds, look }: ProofInput,
): Promise<{ missing: string[] }> {
  const seen = await provenSources(deps, connectionId, setupId)
  const isMissing = (_: string, index: number) => !seen.has(index)
  if (look % sendEvery === 1) {
    const sources = await use(connectionId, (token) => deps.segment.sources(token))
    for (const [index, sourceId] of sourceIds.entries()) {
      if (seen.has(index)) continue
      const writeKey = sources.find(({ id }) => id === sourceId)?.writeKey
      if (writeKey === undefined)
        throw new BridgeError('segment.refused', `source ${sourceId} has no write key`)
      await deps.segment.sendTest(writeKey, proofMessageId(setupId, index, look))
    }
  }
  for (let waitedMs = 0; ; waitedMs += pollMs) {
    for (const index of await provenSources(deps, connectionId, setupId)) seen.add(index)
    const missing = sourceIds.filter(isMissing)
    if (missing.length === 0 || waitedMs >= (deps.proofWaitMs ?? waitMs)) return { missing }
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}

/** Places, among the chosen sources, of those whose test event has come back by a webhook. */
async function provenSources(
  { messages, setups }: SetupDeps,
  connectionId: string,
  setupId: string,
): Promise<Set<number>> {
  const sinceMs = (await setups.get(setupId))?.createdAtMs ?? 0
  const { entries } = await messages.list(connectionId, { event: proofEvent, sinceMs }, { limit: 100 })
  const proven = new Set<number>()
  for (const { id, messageId = '' } of entries) {
    const prefix = proofMessageId(setupId, 0, 0).replace(/0-0$/, '')
    if (!messageId.startsWith(prefix)) continue
    const index = Number(messageId.slice(prefix.length).split('-')[0])
    if (!proven.has(index) && (await messages.get(id))?.row.source === 'webhook') proven.add(index)
  }
  return proven
}

/** Keys are looked at live: the right kind was checked when they were set. */
async function lookManual(
  deps: SetupDeps,
  { connectionId, setupId }: SetupRef,
): Promise<{ missing: string[] }> {
  const { setups, clock } = deps
  const setup = await setups.get(setupId)
  const keys = await missingKeys(deps, connectionId)
  const isSeen = await setups.webhookSeen(connectionId, setup?.createdAtMs ?? 0)
  const missing = isSeen ? keys : [...keys, firstMessage]
  const step = keys.length > 0 ? 'keys' : 'paste'
  await setups.record(setupId, { step, missing, expiresAtMs: setup?.expiresAtMs }, clock.nowMs())
  return { missing: missing.map(({ what }) => what) }
}

const firstMessage: SetupMissing = {
  what: 'first_message',
  says: `No message has come by the webhook yet. Paste the values at Segment, then send a track event named '${proofEvent}' from the destination's Event Tester.`,
}

async function missingKeys(
  { connections, statsigKeys }: SetupDeps,
  connectionId: string,
): Promise<SetupMissing[]> {
  const serverKey = await connections.openKey(connectionId, 'statsig.serverKey')
  const consoleKey = await connections.openKey(connectionId, 'statsig.consoleKey')
  const missing: SetupMissing[] = []
  const tell = (what: string, says: string) => missing.push({ what, says })
  const silent = 'Statsig does not answer, so the key could not be checked. It is tried again.'
  if (serverKey === undefined) tell('statsig.serverKey', 'No Statsig server secret key is set.')
  else {
    const check = await statsigKeys.server(serverKey)
    if (check === 'refused')
      tell('statsig.serverKey', 'Statsig refuses the server key: it was revoked or mistyped.')
    if (check === 'unknown') tell('statsig.serverKey', silent)
  }
  if (consoleKey === undefined) return missing
  const check = await statsigKeys.console(consoleKey)
  if (check === 'refused')
    tell('statsig.consoleKey', 'Statsig refuses the console key: it was revoked or mistyped.')
  if (check === 'unknown') tell('statsig.consoleKey', silent)
  if (missing.length === 0 && serverKey !== undefined) {
    if ((await statsigKeys.isOfProject(serverKey, consoleKey)) === false)
      tell('statsig.serverKey', 'The server key is not of the project that the console key is of.')
  }
  return missing
}
