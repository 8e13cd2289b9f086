/**
 * A connection is set up at Segment, as a saga: what is done is undone in reverse order when a later step fails, is not
 * finished in time, or is cancelled. It ends `active` only when an event has come through. Codes and tokens are in the
 * store; here are ids and states.
 */
import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  condition,
  proxyActivities,
  setCurrentDetails,
  sleep,
  upsertSearchAttributes,
} from '@temporalio/workflow'
import type { Activities } from '../activities/index.ts'
import { causewayStatus } from '../core/search-attributes.ts'
import {
  describeSetup,
  firstStep,
  manualWaitMs,
  setupWaitMs,
  type SetupKind,
  type SetupStep,
} from '../core/setup.ts'
import { refusal, SetupTalk } from './setup-talk.ts'

export interface ConnectSegmentInput {
  connectionId: string
  setupId: string
  kind: SetupKind
}
export interface ConnectSegmentResult {
  step: SetupStep
}

const retry = { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s' } as const
/** A step forward is tried for as long as a person would wait; the undoing has more patience, since what it leaves stays. */
const forward = proxyActivities<Activities>({
  ...{ startToCloseTimeout: '2m', scheduleToCloseTimeout: '15m', heartbeatTimeout: '10s', retry },
  // What is being made is made: only then can it be undone.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
})
const backward = proxyActivities<Activities>({
  ...{ startToCloseTimeout: '5m', scheduleToCloseTimeout: '6h', heartbeatTimeout: '10s', retry },
})
const note = proxyActivities<Activities>({ startToCloseTimeout: '1m', heartbeatTimeout: '10s', retry })

type Run = ConnectSegmentInput & { talk: SetupTalk; undo: (() => Promise<unknown>)[] }

export async function connectSegment(input: ConnectSegmentInput): Promise<ConnectSegmentResult> {
  const scope = new CancellationScope()
  const run: Run = { ...input, talk: new SetupTalk(firstStep[input.kind], scope), undo: [] }
  try {
    await scope.run(() => (input.kind === 'manual' ? byHand(run) : bySegment(run)))
    return await CancellationScope.nonCancellable(() => enter(run, 'active'))
  } catch (error) {
    return CancellationScope.nonCancellable(() => unwind(run, endOf(error, run.talk)))
  }
}

async function bySegment(run: Run): Promise<void> {
  const { connectionId, setupId, kind, talk, undo } = run
  const ref = { connectionId, setupId }
  if (kind === 'oauth') {
    await enter(run, 'authorize', setupWaitMs)
    await within(setupWaitMs, () => talk.consent !== undefined)
    if (talk.consent?.refused !== undefined) throw refusal('segment.consent_refused', talk.consent.refused)
    await enter(run, 'exchange')
    undo.push(() => backward.dropGrant(ref))
    await forward.exchangeCode(ref)
  }
  await enter(run, 'sources')
  const { choices, named } = await forward.listSources(ref)
  const sourceIds = named.length > 0 ? named : await choose(run, choices)
  await enter(run, 'destination')
  const { made } = await forward.ensureSharedSecret(ref)
  if (made) undo.push(() => backward.dropSharedSecret(ref))
  undo.push(() => backward.removeDestinations(ref))
  for (const sourceId of sourceIds)
    await forward.makeDestination.executeWithOptions({ summary: sourceId }, [{ ...ref, sourceId }])
  await enter(run, 'proof', setupWaitMs)
  await look(run, setupWaitMs, (look) => forward.lookForProof({ ...ref, sourceIds, look }))
}

async function choose(run: Run, choices: SetupTalk['choices']): Promise<string[]> {
  run.talk.choices = choices
  await enter(run, 'choose_source', setupWaitMs)
  await within(setupWaitMs, () => run.talk.choice !== undefined)
  return run.talk.choice?.sourceIds ?? []
}

async function byHand(run: Run): Promise<void> {
  const { connectionId, setupId } = run
  await enter(run, 'keys', manualWaitMs)
  await look(run, manualWaitMs, () => note.lookManual({ connectionId, setupId }))
}

/**
 * Looks until nothing is missing: soon at first, then every five minutes, and at once when told that it may be worth it.
 * A look is short and ends by itself; what a person cancels is the waiting between two.
 */
async function look(
  run: Run,
  ms: number,
  once: (n: number) => Promise<{ missing: string[] }>,
): Promise<void> {
  const { talk } = run
  const looking = async () => {
    for (
      let n = 1, waitMs = 2_000;
      (await CancellationScope.nonCancellable(() => once(n))).missing.length > 0;
      n += 1, waitMs = Math.min(waitMs * 1.5, 300_000)
    ) {
      const before = talk.looks
      // A console that is left open asks for ever; the history must not grow by it.
      if (n > 500) await sleep(300_000)
      else await condition(() => talk.looks > before, waitMs)
    }
  }
  await CancellationScope.withTimeout(ms, looking)
}

async function within(ms: number, isSo: () => boolean): Promise<void> {
  if (!(await condition(isSo, ms))) throw refusal('setup_expired', 'Nobody went on with it in time.')
}

async function enter(
  run: Run,
  step: SetupStep,
  waitMs?: number,
  error?: SetupError,
): Promise<ConnectSegmentResult> {
  const { connectionId, setupId, talk } = run
  const expiresAtMs = waitMs === undefined ? {} : { expiresAtMs: Date.now() + waitMs }
  talk.step = step
  upsertSearchAttributes([{ key: causewayStatus, value: step }])
  setCurrentDetails(describeSetup(step, error))
  const record = { connectionId, setupId, step, ...expiresAtMs, ...(error === undefined ? {} : { error }) }
  // What is being written down is written down, whoever cancels meanwhile.
  await CancellationScope.nonCancellable(() =>
    note.recordSetup.executeWithOptions({ summary: step }, [record]),
  )
  talk.shown = step
  return { step }
}

interface SetupError {
  code: string
  text: string
}

function endOf(
  error: unknown,
  { isCancelled, step }: Pick<SetupTalk, 'isCancelled' | 'step'>,
): { step: SetupStep; error: SetupError } {
  if (isCancelled) return { step: 'cancelled', error: { code: 'setup_cancelled', text: 'It was cancelled.' } }
  const cause = error instanceof ActivityFailure ? (error.cause ?? error) : error
  if (cause instanceof ApplicationFailure) {
    const { type, message } = cause
    return {
      step: type === 'setup_expired' ? 'expired' : 'failed',
      error: { code: type ?? 'internal', text: message },
    }
  }
  return {
    step: 'expired',
    error: { code: 'setup_expired', text: `The time was over at the step '${step}'.` },
  }
}

/** In reverse order; what cannot be undone is told, and the rest is undone all the same. */
async function unwind(run: Run, end: { step: SetupStep; error: SetupError }): Promise<ConnectSegmentResult> {
  if (run.undo.length > 0) await enter(run, 'undo', undefined, end.error)
  const left: string[] = []
  for (const step of run.undo.reverse()) {
    try {
      await step()
    } catch (error) {
      left.push(endOf(error, { step: 'undo', isCancelled: false }).error.text)
    }
  }
  if (left.length === 0) return enter(run, end.step, undefined, end.error)
  const text = `${end.error.text} ${left.join(' ')}`
  return enter(run, 'failed', undefined, { code: 'segment.left_behind', text })
}
