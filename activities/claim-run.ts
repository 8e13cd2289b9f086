/**
 * What of a run does not go out although it was mapped: messages seen before, what comes back to where it was made,
 * and exposures that are not the first.
 */
import type { LaneStore, Lease } from '../core/ports.ts'
import type { RunContext } from './deliver-run.ts'
import type { EntryEnding } from './lane-handler.ts'
import type { Decided } from './read-run.ts'

const duplicate: EntryEnding = { outcome: 'skipped', reason: 'duplicate' }
const loop: EntryEnding = { outcome: 'filtered', reason: 'loop' }
const repeated: EntryEnding = { outcome: 'filtered', reason: 'first_exposure' }

/** Ids that one transaction looks at: a few milliseconds. */
const idsMax = 1_000

type Endings = ReadonlyMap<number, EntryEnding>

/** What is known of a run's entries before it is sent. */
export async function knownOf(context: RunContext, lease: Lease, run: Decided[]): Promise<Endings> {
  // The loop guard comes first: what is only on its way back claims nothing.
  const echoes = await echoesOf(context, lease, run)
  const rest = echoes.size === 0 ? run : run.filter(({ seq }) => !echoes.has(seq))
  const duplicates = await claimRun(context, lease, rest)
  const repeats = await repeatsOf(
    context,
    lease,
    rest.filter(({ seq }) => !duplicates.has(seq)),
  )
  return new Map([...echoes, ...duplicates, ...repeats])
}

/** Messages that say they are Statsig's, under an id that we sent to Segment. */
async function echoesOf({ lanes }: RunContext, lease: Lease, run: Decided[]): Promise<Endings> {
  const suspects = run.filter(({ mayBeEcho, verdict }) => mayBeEcho && verdict.kind === 'mapped')
  const echoes = new Map<number, EntryEnding>()
  for (let at = 0; at < suspects.length; at += idsMax) {
    const chunk = suspects.slice(at, at + idsMax)
    const ours = new Set(
      await lanes.sentToSegment(
        lease,
        chunk.map(({ messageId }) => messageId),
      ),
    )
    for (const { seq, messageId } of chunk) if (ours.has(messageId)) echoes.set(seq, loop)
  }
  return echoes
}

/** Claims the run's ids, and answers the entries whose id another entry holds. `duplicatesUntil` neither reads nor takes claims. */
async function claimRun(
  { lanes, settings, clock }: RunContext,
  lease: Lease,
  run: Decided[],
): Promise<Endings> {
  const { duplicatesUntil } = settings.inbound
  if (duplicatesUntil !== undefined && Date.parse(duplicatesUntil) > clock.nowMs()) return new Map()
  const candidates = run.filter(({ verdict }) => verdict.kind === 'mapped')
  const endings = new Map<number, EntryEnding>()
  for (let at = 0; at < candidates.length; at += idsMax) {
    const seqs = await lanes.claim(lease, candidates.slice(at, at + idsMax), clock.nowMs())
    for (const seq of seqs) endings.set(seq, duplicate)
  }
  return endings
}

/** Entries under a key that an earlier one went out by, in the store or in this run. */
async function repeatsOf(
  { lanes }: Pick<RunContext, 'lanes'>,
  lease: Lease,
  run: Decided[],
): Promise<Endings> {
  const keyed = run.flatMap(({ seq, once, verdict }) =>
    once === undefined || verdict.kind !== 'mapped' ? [] : [{ seq, once }],
  )
  if (keyed.length === 0) return new Map()
  const seen = await seenBefore(lanes, lease, [...new Set(keyed.map(({ once }) => once))])
  const endings = new Map<number, EntryEnding>()
  for (const { seq, once } of keyed) {
    if (seen.has(once)) endings.set(seq, repeated)
    seen.add(once)
  }
  return endings
}

async function seenBefore(lanes: LaneStore, lease: Lease, keys: string[]): Promise<Set<string>> {
  const seen = new Set<string>()
  for (let at = 0; at < keys.length; at += idsMax) {
    for (const key of await lanes.seenOnce(lease, keys.slice(at, at + idsMax))) seen.add(key)
  }
  return seen
}
