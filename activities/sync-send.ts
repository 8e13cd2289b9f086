/**
 * The calls of a sync: each takes its turn in the shared budget, and what it carried is marked as soon as it is taken. The
 * next call leaves meanwhile, so that a long push is as fast as Statsig lets it be.
 */
import type { AudienceState, Audience, AudienceStore, Clock, DueKind, Log } from '../core/ports.ts'
import type { StatsigSegments, SyncMode, SyncRecord } from '../core/ports.ts'
import { BridgeError } from '../core/errors.ts'

export interface SyncTally {
  added: number
  removed: number
  failed: number
  calls: number
  budget: number[]
}

export interface SyncContext {
  audiences: AudienceStore
  segments: StatsigSegments
  clock: Clock
  log: Log
  /** The workflow's time at the start of the run. */
  nowMs: number
  key: string
  /** As it was at the start: what never changes of it. */
  target: Audience
  tally: SyncTally
  difference?: { missing: number; extra: number }
  signal: AbortSignal
  /** As it is now. */
  audience: () => Promise<Audience>
  record: (found: SyncRecord) => Promise<void>
  isStopping: () => boolean
  isPaused: () => Promise<boolean>
  isKeyReplaced: (used: string) => Promise<boolean>
  sleep: (ms: number) => Promise<void>
  idsPerCall: number
  /** Ids of the call before that are being marked. */
  marking: Promise<void>
  /** Calls of this run that have left and are not known to be refused, or have not been marked. */
  unsettled: number
}

/** The run ends here, and nothing is wrong with us. `more`: the worker shuts down. */
export class Stopped extends Error {
  readonly state: AudienceState | 'more'
  constructor(state: AudienceState | 'more', message: string) {
    super(message)
    this.state = state
  }
}

/** Halvings of refused calls in one run: enough to find a few bad ids among a hundred thousand. */
const halvingsMax = 40
/** So that a pause and a shutdown are seen while a turn is waited for. */
const waitStepMs = 1_000

/** Adds first: somebody who moves between lists is on one too many and never on none. */
export async function addMembers(context: SyncContext, mode: SyncMode): Promise<void> {
  if (mode === 'full') await pushDesired(context)
  await sendDue(context, 'add', mode)
}

/** All that is desired, whether it is thought to be there or not. */
async function pushDesired(context: SyncContext): Promise<void> {
  const { audiences, target, record, idsPerCall: limit } = context
  await untilSettled(context, async () => {
    for (let after = (await context.audience()).fullAfter ?? ''; ;) {
      const ids = await audiences.desiredIds(target, { after, limit })
      const last = ids.at(-1)
      if (last === undefined) break
      await sendIds(context, 'add', ids)
      await record({ fullAfter: last })
      after = last
      if (ids.length < limit) break
    }
  })
  await record({ fullAfter: null })
}

/** Members that were refused last time go apart, so that they do not spoil the call of the others. */
export async function sendDue(
  context: SyncContext,
  kind: DueKind,
  mode: SyncMode,
  countMax = Infinity,
): Promise<void> {
  const { audiences, target, idsPerCall } = context
  // Read now: what this run refuses is not tried again in it.
  const failedBefore = await audiences.due(target, kind, { after: '', limit: idsPerCall, failed: true })
  await untilSettled(context, async () => {
    let sent = 0
    for (let after = ''; sent < countMax;) {
      const limit = Math.min(idsPerCall, countMax - sent)
      const ids = await audiences.due(target, kind, { after, limit, failed: false })
      const last = ids.at(-1)
      if (last === undefined) break
      await sendIds(context, kind, ids)
      sent += ids.length
      after = last
    }
    const again = failedBefore.slice(0, countMax - sent)
    if (again.length > 0) await sendIds(context, kind, again, mode === 'changes' ? 0 : halvingsMax)
  })
}

/** Sends ids; a call that Statsig refuses is halved until the bad id stands alone, or for as long as that is worth it. */
async function sendIds(
  context: SyncContext,
  kind: DueKind,
  ids: readonly string[],
  halvings = halvingsMax,
): Promise<void> {
  const { audiences, target, tally } = context
  const parts: (readonly string[])[] = [ids]
  let left = halvings
  for (let part = parts.shift(); part; part = parts.shift()) {
    const refused = await callOnce(context, kind, part)
    if (refused === undefined) {
      await markBehind(context, kind, part)
      if (kind === 'add') tally.added += part.length
      else tally.removed += part.length
      continue
    }
    const isTooLarge = refused.code === 'statsig.list_too_large'
    if (part.length > 1 && (isTooLarge || left > 0)) {
      if (!isTooLarge) left -= 1
      const middle = Math.ceil(part.length / 2)
      parts.unshift(part.slice(0, middle), part.slice(middle))
      continue
    }
    await audiences.markRefused(target, part, refused.detail)
    tally.failed += part.length
  }
}

/** Answers why Statsig will not have these ids; undefined when it took them. */
async function callOnce(
  context: SyncContext,
  kind: DueKind,
  ids: readonly string[],
): Promise<BridgeError | undefined> {
  const { segments, target, key, signal, tally, log, clock } = context
  await takeTurn(context)
  context.unsettled += 1
  await context.record({ inFlight: true })
  const startedMs = clock.nowMs()
  const tell = (code: string) => {
    const fields = { connectionId: target.connectionId, audience: target.key, kind, ids: ids.length, code }
    const durationMs = clock.nowMs() - startedMs
    log.info({ event: 'audience.called', ...fields, durationMs }, 'audience.called')
  }
  try {
    tally.calls += 1
    if (kind === 'add') await segments.addIds(key, target.key, ids, signal)
    else await segments.removeIds(key, target.key, ids, signal)
    tell('accepted')
    return undefined
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error
    tell(error.code)
    if (error.code !== 'statsig.unavailable') context.unsettled -= 1
    if (error.code === 'statsig.list_refused' || error.code === 'statsig.list_too_large') return error
    throw await stopOrWait(context, error)
  }
}

/** While these are marked the next call may leave; not the one after it. */
async function markBehind(context: SyncContext, kind: DueKind, ids: readonly string[]): Promise<void> {
  const { audiences, target, nowMs } = context
  await context.marking
  context.marking = audiences.markSent(target, kind, ids, nowMs).then(() => {
    context.unsettled -= 1
  })
  // Whoever waits for it is told.
  context.marking.catch(() => undefined)
}

/**
 * Whatever way the work ends, what it sent is marked before anything else is. Then it is known what became of each call; but
 * not of one of an earlier run, before this one has ended well.
 */
async function untilSettled(context: SyncContext, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } finally {
    await context.marking
    if (!context.target.inFlight && context.unsettled === 0) await context.record({ inFlight: false })
  }
}

/** A fault as the run sees it: it stops for a person, or it is retried by Temporal. */
export async function stopOrWait(context: SyncContext, error: BridgeError): Promise<Error> {
  const { key, record } = context
  if (error.code === 'statsig.list_gone') return new Stopped('needs_attention', listGone(context.target.key))
  if (error.code === 'statsig.console_key_refused') {
    if (await context.isKeyReplaced(key))
      return new BridgeError('statsig.unavailable', 'the key has just been replaced')
    const reason = `Statsig refuses the console key (${error.detail}). Set a valid one; events are not concerned, and no membership is lost.`
    return new Stopped('needs_attention', reason)
  }
  if (error.code === 'statsig.list_refused') {
    const reason = `Statsig refuses what the sync asks of it. Statsig says: ${error.detail}`
    return new Stopped('needs_attention', reason)
  }
  const reason = `Statsig answers ${error.detail}; the sync is tried again.`
  await record({ reason })
  return error
}

/** Reads; what cannot be answered now is retried by Temporal. */
export async function asked<T>(context: SyncContext, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error
    throw await stopOrWait(context, error)
  }
}

export const listGone = (key: string): string =>
  `The ID list ${key} was deleted at Statsig. Sync with mode "full" to make it anew and push every member.`

/** Waits for a call of the budget that all processes share. */
async function takeTurn(context: SyncContext): Promise<void> {
  const { audiences, key, clock, tally } = context
  for (;;) {
    await goesOn(context)
    const turn = await audiences.takeCall(key, clock.nowMs())
    tally.budget = turn.used
    if (turn.granted) return
    await context.sleep(Math.min(turn.waitMs, waitStepMs))
  }
}

/** Waits in the middle of a run, which ends as soon as the worker shuts down or a person pauses. */
export async function rest(context: SyncContext, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= waitStepMs) {
    await goesOn(context)
    await context.sleep(Math.min(left, waitStepMs))
  }
}

async function goesOn({ signal, isStopping, isPaused }: SyncContext): Promise<void> {
  signal.throwIfAborted()
  if (isStopping()) throw new Stopped('more', 'The worker shuts down.')
  if (await isPaused()) throw new Stopped('paused', 'The connection is paused.')
}
