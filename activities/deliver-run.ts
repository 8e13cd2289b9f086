/**
 * Claims, sends and ends one run of entries. A batch that the vendor refuses is halved until the poison event stands
 * alone; each part is committed as soon as its answer is there, so that a crash repeats at most the request in flight.
 */
import { BridgeError } from '../core/errors.ts'
import type { Attempt, Clock, EndedEntry, LaneStore, Lease, Log, VendorAnswer } from '../core/ports.ts'
import { meaningOf, type Answer } from '../core/retry.ts'
import type { ConnectionSettings } from '../core/settings.ts'
import { cutIntoParts, halve } from './batching.ts'
import { knownOf } from './claim-run.ts'
import type { EntryEnding, LaneHandler, Taken } from './lane-handler.ts'
import type { Decided } from './read-run.ts'

export interface RunContext {
  lanes: LaneStore
  handler: LaneHandler
  clock: Clock
  log: Log
  /** Undefined where the handler needs none. */
  key: string | undefined
  settings: ConnectionSettings
  settingsVersion: number
  signal: AbortSignal
  /** Whether the worker shuts down: the request in flight is the last. */
  isStopping: () => boolean
  /** Refusals of single events in a row, by lane, over runs and stints. */
  refusals: Map<number, number>
  /**
   * How far the search for a poison event has come, by lane: the position it begins at and the most entries that a
   * request may take there. An outage in the middle of it would begin it anew each time, and a vendor that fails every
   * few requests would never let it end.
   */
  halved: Map<number, { seq: number; entriesMax: number }>
  /** Called after each commit. */
  onProgress: (lease: Lease) => void
}

/** Why a run stopped before its end. `lease` has what was committed until then. */
export type Stopped =
  | { kind: 'paused' | 'lost' | 'stopping'; lease: Lease }
  | { kind: 'needs_attention'; lease: Lease; reason: string }
  | { kind: 'wait'; lease: Lease; error: BridgeError }

/**
 * After this many refusals of single events in a row, with nothing accepted in between, the fault is taken to be
 * the vendor's or the key's and not the events': the lane is held and the rest is kept.
 */
const refusalsInARowMax = 100

export async function deliverRun(
  context: RunContext,
  start: Lease,
  run: Decided[],
): Promise<Lease | Stopped> {
  const { lanes } = context
  const known = await knownOf(context, start, run)
  const isSent = (entry: Decided) => entry.verdict.kind === 'mapped' && !known.has(entry.seq)
  const parts = cutIntoParts(run, isSent, limitsOf(context, start))
  let lease = start
  let attempts: Attempt[] = []

  for (let part = parts.shift(); part; part = parts.shift()) {
    const sent = part.filter(isSent)
    let endings = endingsOf(part, known)
    if (sent.length > 0) {
      const held = context.isStopping() ? 'stopping' : await lanes.check(lease)
      if (held !== 'ours') return leave(context, lease, attempts, held)
      const { attempt, meaning, answer, taken } = await sendPart(context, lease, part, sent)
      if (attempt) attempts.push(attempt)
      if (meaning === 'key' || meaning === 'wait') return stop(context, lease, attempts, answer, meaning)
      if (meaning !== 'accepted' && sent.length > 1) {
        const [first, second] = halve(part, isSent)
        parts.unshift(first, second)
        context.halved.set(lease.laneId, {
          seq: first[0]?.seq ?? 0,
          entriesMax: Math.ceil(sent.length / 2),
        })
        continue
      }
      const isRefused = meaning !== 'accepted'
      if (isRefused) for (const { seq } of sent) endings.set(seq, refusalOf(meaning, answer))
      if (taken) endings = new Map([...endings, ...taken.endings])
      countRefusal(context, lease, isRefused)
    }
    lease = await endPart(context, lease, part, endings, attempts)
    attempts = []
    if (isRefusingAll(context, lease)) return holdRefusing(context, lease)
  }
  return lease
}

/** Where the last search for a poison event was broken off, it goes on. */
function limitsOf({ halved, handler }: RunContext, { laneId, cursor }: Lease): LaneHandler['limits'] {
  const at = halved.get(laneId)
  halved.delete(laneId)
  if (at?.seq !== cursor + 1) return handler.limits
  halved.set(laneId, at)
  return { ...handler.limits, entriesMax: Math.min(handler.limits.entriesMax, at.entriesMax) }
}

/** What was learnt before the run was left is kept: a refused half is an attempt too. */
async function leave(
  { lanes }: RunContext,
  lease: Lease,
  attempts: Attempt[],
  kind: 'paused' | 'lost' | 'stopping',
): Promise<Stopped> {
  if (attempts.length > 0 && kind !== 'lost') {
    await lanes.fail(lease, attempts, 'Stopped in the middle of a refused batch.')
  }
  return { kind, lease }
}

function countRefusal({ refusals }: RunContext, { laneId }: Lease, isRefused: boolean): void {
  refusals.set(laneId, isRefused ? (refusals.get(laneId) ?? 0) + 1 : 0)
}

const isRefusingAll = ({ refusals }: RunContext, { laneId }: Lease): boolean =>
  (refusals.get(laneId) ?? 0) >= refusalsInARowMax

interface Sent {
  /** Absent where no vendor was asked. */
  attempt?: Attempt
  meaning: Answer
  answer: VendorAnswer
  taken?: Taken
}

async function sendPart(
  context: RunContext,
  { connectionId, lane }: Lease,
  part: Decided[],
  sent: Decided[],
): Promise<Sent> {
  const { handler, key, clock, log, signal, settingsVersion } = context
  const atMs = clock.nowMs()
  const entries = sent.flatMap(({ seq, messageId, verdict }) =>
    verdict.kind === 'mapped' ? [{ seq, messageId, event: verdict.event }] : [],
  )
  const answer = await handler.send({ connectionId, lane, key, entries }, signal)
  if ('endings' in answer) return { meaning: 'accepted', answer: notAsked, taken: answer }
  const meaning = answer.means ?? meaningOf(answer)
  const attempt: Attempt = {
    firstSeq: part[0]?.seq ?? 0,
    lastSeq: part.at(-1)?.seq ?? 0,
    atMs,
    durationMs: answer.durationMs,
    entries: sent.length,
    status: answer.status,
    code: meaning,
    answer: answer.text,
    settingsVersion,
  }
  log.info(
    { event: 'delivery.attempted', connectionId, lane, ...attempt, answer: undefined },
    'delivery.attempted',
  )
  return { attempt, meaning, answer }
}

const notAsked: VendorAnswer = { status: undefined, retryAfterMs: undefined, text: '', durationMs: 0 }

async function stop(
  { lanes, clock, handler, key }: RunContext,
  lease: Lease,
  attempts: Attempt[],
  answer: VendorAnswer,
  meaning: 'key' | 'wait',
): Promise<Stopped> {
  const isTold = answer.means !== undefined || answer.status === undefined
  const said = isTold ? answer.text : `HTTP ${answer.status ?? '-'}`
  const { vendor } = handler
  if (meaning === 'key' && handler.key) {
    const reason = `${vendor.name} refuses the ${handler.key.name} (${said}). Set a valid one; nothing is lost.`
    await lanes.fail(lease, attempts, reason)
    // A key that was replaced while the old one was on its way is not held against the connection.
    if ((await handler.key.open(lease.connectionId)) !== key) {
      const error = new BridgeError(vendor.unavailable, 'the key has just been replaced')
      return { kind: 'wait', lease, error }
    }
    const refused = answer.refused ?? { kind: handler.key.kind, key }
    await lanes.hold(lease, 'needs_attention', reason, clock.nowMs(), refused)
    return { kind: 'needs_attention', lease, reason }
  }
  const { retryAfterMs } = answer
  await lanes.fail(lease, attempts, `${vendor.name} answers ${said}; delivery is tried again.`, retryAfterMs)
  const code = answer.status === 429 ? vendor.rateLimited : vendor.unavailable
  const error = new BridgeError(code, said, retryAfterMs === undefined ? {} : { retryAfterMs })
  return { kind: 'wait', lease, error }
}

async function holdRefusing({ lanes, clock, refusals, handler }: RunContext, lease: Lease): Promise<Stopped> {
  refusals.delete(lease.laneId)
  const reason = `${handler.vendor.name} refused ${refusalsInARowMax} events in a row, one by one. Delivery is held; retry when it takes them again.`
  await lanes.hold(lease, 'needs_attention', reason, clock.nowMs())
  return { kind: 'needs_attention', lease, reason }
}

/** Of entries that are not `delivered` although their verdict was to send them. */
type Endings = Map<number, EntryEnding>

function endingsOf(part: Decided[], known: ReadonlyMap<number, EntryEnding>): Endings {
  const endings: Endings = new Map()
  for (const { seq } of part) {
    const ending = known.get(seq)
    if (ending) endings.set(seq, ending)
  }
  return endings
}

function refusalOf(meaning: Answer, answer: VendorAnswer): EntryEnding {
  const reason = meaning === 'too_large' ? 'vendor_too_large' : 'vendor_refused'
  return {
    outcome: 'rejected',
    reason,
    detail: `HTTP ${answer.status ?? '-'}: ${answer.text}`.slice(0, 500),
  }
}

async function endPart(
  context: RunContext,
  lease: Lease,
  part: Decided[],
  endings: Endings,
  attempts: Attempt[],
): Promise<Lease> {
  let next = lease
  for (let at = 0; at < part.length; at += commitEntriesMax) {
    const chunk = part.slice(at, at + commitEntriesMax)
    const entries = chunk.map((entry) => endEntry(entry, endings.get(entry.seq)))
    next = await commitPatiently(context, next, entries, at === 0 ? attempts : [])
    context.onProgress(next)
  }
  return next
}

/** Keeps the write lock short. A crash between two commits repeats no more than the request that was in flight. */
const commitEntriesMax = 1_000

const commitRetryMs = 1_000

/** The vendor has taken these: while the database is busy or full, waiting costs less than sending them again. */
async function commitPatiently(
  { lanes, clock, log, settingsVersion, signal }: RunContext,
  lease: Lease,
  entries: EndedEntry[],
  attempts: Attempt[],
): Promise<Lease> {
  for (;;) {
    try {
      return await lanes.commit(lease, { entries, attempts, settingsVersion, nowMs: clock.nowMs() })
    } catch (error) {
      if (!(error instanceof BridgeError) || !error.code.startsWith('store_')) throw error
      log.warn(
        { event: 'delivery.commit_waits', lane: lease.lane, code: error.code },
        'delivery.commit_waits',
      )
    }
    await new Promise((resolve) => setTimeout(resolve, commitRetryMs))
    signal.throwIfAborted()
  }
}

function endEntry(
  { seq, sole, messageId, seen, verdict, once }: Decided,
  ending: EntryEnding | undefined,
): EndedEntry {
  const { type, event, userId } = seen
  const base = {
    seq,
    sole,
    messageId,
    type,
    event,
    userId,
    reason: undefined,
    path: undefined,
    detail: undefined,
  }
  switch (verdict.kind) {
    case 'mapped':
      return { ...base, outcome: 'delivered', ...(once === undefined ? {} : { once }), ...ending }
    case 'filtered':
      return { ...base, outcome: 'filtered', reason: verdict.rule }
    case 'skipped':
      return { ...base, outcome: 'skipped', reason: verdict.reason }
    case 'rejected':
      return {
        ...base,
        outcome: 'rejected',
        reason: verdict.code,
        path: verdict.path,
        detail: verdict.message,
      }
  }
}
