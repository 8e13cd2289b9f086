/**
 * The steps of a set-up at Segment, and their undoing. Each can be done twice: what is made is noted before, and looked
 * for by its name. Results are ids and states; codes, tokens and names stay in the store.
 */
import { ApplicationFailure } from '@temporalio/common'
import { Context } from '@temporalio/activity'
import { BridgeError } from '../core/errors.ts'
import type {
  AccessStore,
  MessageStore,
  SegmentApi,
  SegmentSource,
  SetupStore,
  StatsigKeys,
} from '../core/ports.ts'
import { destinationName, subscriptionTrigger, type ChoiceIds, type SetupStep } from '../core/setup.ts'
import { toFailure } from './failures.ts'
import { createSegmentAccess, type SegmentAccessDeps } from './segment-access.ts'
import { createProof } from './set-up-proof.ts'

export interface SetupDeps extends SegmentAccessDeps {
  setups: SetupStore
  access: AccessStore
  messages: MessageStore
  segment: SegmentApi
  statsigKeys: StatsigKeys
  publicUrl: string
  /** How long one look waits for what was sent. Tests shorten it. */
  proofWaitMs?: number
}

export interface SetupRef {
  connectionId: string
  setupId: string
}

export interface SetupRecord extends SetupRef {
  step: SetupStep
  expiresAtMs?: number
  error?: { code: string; text: string }
}

/** A refusal in the middle of an undoing may be a passing one: it is believed after so many. */
const refusalsMax = 5
const heartbeatEveryMs = 2_000

export function createSetUp(deps: SetupDeps) {
  const tokens = createSegmentAccess(deps)
  const named = createNamed(deps)
  return {
    recordSetup: named((record: SetupRecord) => recordSetup(deps, record)),
    exchangeCode: named((ref: SetupRef) => exchangeCode(deps, ref)),
    listSources: named((ref: SetupRef) => listSources(deps, tokens.use, ref)),
    ensureSharedSecret: named((ref: SetupRef) => ensureSharedSecret(deps, ref)),
    makeDestination: named((ref: SetupRef & { sourceId: string }) => makeDestination(deps, tokens.use, ref)),
    removeDestinations: named((ref: { connectionId: string; setupId?: string }) =>
      removeDestinations(deps, tokens.use, ref),
    ),
    dropGrant: named((ref: SetupRef) => dropGrant(deps, ref)),
    dropSharedSecret: named(async ({ connectionId }: SetupRef) => {
      const change = { keys: { 'segment.sharedSecret': null } }
      await deps.connections.update(connectionId, change, deps.clock.nowMs())
    }),
    ...createProof(deps, tokens.use, named),
  }
}

export type Named = <A extends unknown[], R>(work: (...args: A) => Promise<R>) => (...args: A) => Promise<R>

/** Shows life while a step works, so that another worker takes over within seconds of a crash; says errors as ours. */
export function createNamed({ log }: Pick<SetupDeps, 'log'>): Named {
  return (work) =>
    async (...args) => {
      const context = Context.current()
      const beat = setInterval(() => context.heartbeat(), heartbeatEveryMs)
      try {
        return await work(...args)
      } catch (error) {
        throw toFailure(error, log)
      } finally {
        clearInterval(beat)
      }
    }
}

export type Use = ReturnType<typeof createSegmentAccess>['use']

async function recordSetup({ setups, access, clock }: SetupDeps, record: SetupRecord): Promise<void> {
  const { connectionId, setupId, step, expiresAtMs, error } = record
  const before = await setups.get(setupId)
  await setups.record(setupId, { step, expiresAtMs, error }, clock.nowMs())
  const after = await setups.get(setupId)
  if (before?.endedAtMs !== undefined || after?.endedAtMs === undefined) return
  await access.audit({
    ...{ atMs: clock.nowMs(), actor: { kind: 'system', name: 'connectSegment' }, action: `setup.${step}` },
    ...{ target: { kind: 'connection', id: connectionId }, before: undefined, status: undefined },
    after: error === undefined ? undefined : { error: error.code },
  })
}

async function exchangeCode(deps: SetupDeps, { connectionId, setupId }: SetupRef): Promise<void> {
  const { setups, grants, oauth, clock, publicUrl } = deps
  const setup = await setups.get(setupId)
  const kept = await grants.outline(connectionId)
  // An attempt before this one has kept it and could not say so.
  if (setup && kept && kept.refreshedAtMs >= setup.createdAtMs) return
  const consent = await setups.sendConsent(setupId, clock.nowMs())
  if (!consent) throw new BridgeError('segment.code_refused', 'No consent is kept.')
  if (!oauth) throw new BridgeError('oauth_not_configured', 'The OAuth app was removed from the settings.')
  const { code, verifier, sentBefore } = consent
  try {
    const tokens = await oauth.exchange({ code, verifier, redirectUri: redirectUri(publicUrl) })
    await grants.put(connectionId, tokens, clock.nowMs())
  } catch (error) {
    if (!sentBefore || !(error instanceof BridgeError) || error.code !== 'segment.code_refused') throw error
    const lost =
      'It was sent before and the answer did not reach us, so it is used up. Nothing was made at Segment.'
    throw new BridgeError('segment.code_refused', lost, { cause: error })
  }
}

/** Where Segment sends the person back to; has to be among the redirect URIs of the app. */
export const redirectUri = (publicUrl: string): string => `${publicUrl}/oauth/segment/callback`

/** `named` are the sources that the consent itself chose. */
async function listSources(
  { setups, grants, segment, clock }: SetupDeps,
  use: Use,
  { connectionId, setupId }: SetupRef,
): Promise<{ choices: ChoiceIds[]; named: string[] }> {
  const [workspace, sources] = await use(connectionId, async (token) => [
    await segment.workspace(token),
    await segment.sources(token),
  ])
  const choice = {
    ...{ workspaceId: workspace.id, name: workspace.name },
    sources: sources.map(({ id, name, slug }) => ({ id, name, slug })),
  }
  await setups.record(setupId, { step: 'sources', choices: [choice] }, clock.nowMs())
  if (sources.length === 0)
    throw new BridgeError('source_unknown', 'The workspace has no source that the token may see.')
  const granted = (await grants.outline(connectionId))?.sources ?? []
  const isNamed = ({ id, slug }: SegmentSource) => granted.includes(id) || granted.includes(slug)
  return {
    choices: [{ workspaceId: workspace.id, sourceIds: sources.map(({ id }) => id) }],
    named: sources.filter(isNamed).map(({ id }) => id),
  }
}

/** While destinations of an earlier set-up stand, what was granted is needed for their removal. */
async function dropGrant({ setups, grants }: SetupDeps, { connectionId }: SetupRef): Promise<void> {
  if ((await setups.destinations(connectionId)).length === 0) await grants.remove(connectionId)
}

/** Answers whether one was made: only that one is taken back. */
async function ensureSharedSecret(
  { connections, ids, clock }: SetupDeps,
  { connectionId }: SetupRef,
): Promise<{ made: boolean }> {
  let made = false
  const change = ({ keys }: { keys: readonly string[] }) => {
    made = !keys.includes('segment.sharedSecret')
    return made ? { keys: { 'segment.sharedSecret': ids.secret() } } : {}
  }
  await connections.update(connectionId, change, clock.nowMs())
  return { made }
}

async function makeDestination(
  deps: SetupDeps,
  use: Use,
  { connectionId, setupId, sourceId }: SetupRef & { sourceId: string },
): Promise<void> {
  const { connections, setups, segment, clock, publicUrl } = deps
  const connection = await connections.get(connectionId)
  const sharedSecret = await connections.openKey(connectionId, 'segment.sharedSecret')
  if (!connection || sharedSecret === undefined)
    throw new BridgeError('not_found', `Connection ${connectionId} or its shared secret is gone.`)
  const name = destinationName(connectionId)
  await setups.planDestination({ connectionId, sourceId, setupId, nowMs: clock.nowMs() })
  await use(connectionId, async (token) => {
    const [found] = await segment.destinationsNamed(token, sourceId, name)
    const id = found ?? (await segment.createDestination(token, { sourceId, name, sharedSecret }))
    await setups.madeDestination(connectionId, sourceId, id)
    const basic = Buffer.from(`${connection.writeKey}:`).toString('base64')
    await segment.subscribe(token, id, {
      ...{ name, url: `${publicUrl}/webhooks/segment/${connectionId}`, trigger: subscriptionTrigger },
      // A signature covers a batch's first element alone: the key is the second proof.
      headers: { Authorization: `Basic ${basic}` },
    })
  })
}

/**
 * Removes what a set-up made, or all set-ups of the connection; what is gone already is no fault. Answers how many
 * sources were freed. Throws `segment.left_behind` where Segment keeps refusing.
 */
async function removeDestinations(
  deps: SetupDeps,
  use: Use,
  { connectionId, setupId }: { connectionId: string; setupId?: string },
): Promise<{ removed: number }> {
  const { setups } = deps
  const made = await setups.destinations(connectionId)
  const ours = made.filter((one) => setupId === undefined || one.setupId === setupId)
  for (const { sourceId, destinationId } of ours) {
    try {
      await use(connectionId, (token) => removeFrom(deps, token, connectionId, sourceId, destinationId))
    } catch (error) {
      throw leftBehind(error, ours)
    }
    await setups.forgetDestination(connectionId, sourceId)
  }
  return { removed: ours.length }
}

async function removeFrom(
  { segment }: SetupDeps,
  token: string,
  connectionId: string,
  sourceId: string,
  noted: string | undefined,
): Promise<void> {
  const name = destinationName(connectionId)
  const found = await segment.destinationsNamed(token, sourceId, name).catch((error: unknown) => {
    // A source that is gone has no destinations.
    if (error instanceof BridgeError && error.code === 'segment.refused') return []
    throw error
  })
  for (const id of new Set([...(noted === undefined ? [] : [noted]), ...found]))
    await segment.removeDestination(token, id)
}

/** What heals is tried again, and a refusal is too, for some times: what is made must not stay for a passing fault. */
function leftBehind(
  error: unknown,
  made: { sourceId: string; destinationId: string | undefined }[],
): unknown {
  if (!(error instanceof BridgeError) || !/^segment\.(token_refused|forbidden|refused)$/.test(error.code))
    return error
  const names = made.map(({ sourceId, destinationId }) => `${destinationId ?? 'one'} of source ${sourceId}`)
  const message = `${error.message} Left there: destination ${names.join(', destination ')}.`
  const nonRetryable = Context.current().info.attempt >= refusalsMax
  return ApplicationFailure.create({ message, type: 'segment.left_behind', nonRetryable })
}
