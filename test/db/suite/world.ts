// What the cases of the conformance suite are told in: a pair of stores, one connection, requests, endings.
import { onTestFinished } from 'vitest'
import type { LaneName } from '../../../core/lanes.ts'
import type {
  Attempt,
  Connection,
  EndedEntry,
  LaneState,
  Lease,
  LogRow,
  Store,
  Totals,
} from '../../../core/ports.ts'
import { parseBody } from '../../../core/stored-request.ts'
import { create, startMs } from './requests.ts'

/** Two connections to one database, like those of two processes. */
export interface StorePair {
  a: Store
  b: Store
  /** Removes what was ended, as retention does. */
  purgeEnded: () => Promise<void>
  close: () => Promise<void>
}
export type OpenStorePair = () => Promise<StorePair>

/** A pair that is closed when the test ends, with the connection `con_1` in it. */
export async function openWorld(open: OpenStorePair): Promise<StorePair & { connection: Connection }> {
  const pair = await open()
  onTestFinished(() => pair.close())
  return { ...pair, connection: await create(pair.a) }
}

export async function openLane(store: Store, lane: LaneName = 'events', nowMs = startMs): Promise<Lease> {
  const lease = await store.lanes.open('con_1', lane, nowMs)
  if ('held' in lease) throw new Error(`the lane is held: ${lease.held}`)
  return lease
}

export function ended(seq: number, given: Partial<EndedEntry> = {}): EndedEntry {
  return {
    seq,
    sole: true,
    outcome: 'delivered',
    reason: undefined,
    path: undefined,
    detail: undefined,
    messageId: `m${seq}`,
    type: 'track',
    event: undefined,
    userId: undefined,
    ...given,
  }
}

/** Ends the next `count` entries of a lease; `as` says how each ends. */
export function endNext(
  store: Store,
  lease: Lease,
  count: number,
  given: { as?: (seq: number) => Partial<EndedEntry>; attempts?: Attempt[]; nowMs?: number } = {},
): Promise<Lease> {
  const { as = () => ({}), attempts = [], nowMs = startMs } = given
  const entries = Array.from({ length: count }, (_, index) => {
    const seq = lease.cursor + 1 + index
    return ended(seq, as(seq))
  })
  return store.lanes.commit(lease, { entries, attempts, settingsVersion: 1, nowMs })
}

export function attempt(firstSeq: number, lastSeq: number, given: Partial<Attempt> = {}): Attempt {
  return {
    firstSeq,
    lastSeq,
    atMs: startMs,
    durationMs: 12,
    entries: lastSeq - firstSeq + 1,
    status: 202,
    code: 'accepted',
    answer: '{"success":true}',
    settingsVersion: 1,
    ...given,
  }
}

/** The messageIds that rows point to, in order, from behind the cursor. */
export async function idsIn(store: Store, rows: LogRow[], cursor: number): Promise<string[]> {
  const ids: string[] = []
  for (const row of rows) {
    const { batch } = parseBody(await store.lanes.body(row.requestId)) as { batch: { messageId: string }[] }
    for (let seq = Math.max(row.firstSeq, cursor + 1); seq <= row.lastSeq; seq += 1) {
      const offset = seq - row.firstSeq
      ids.push(batch[row.items?.[offset] ?? offset]?.messageId ?? 'none')
    }
  }
  return ids
}

/** Whether rows follow each other without a gap and the first holds the position behind the cursor. */
export function isUnbroken(rows: LogRow[], cursor: number): boolean {
  return rows.every((row, index) => {
    const before = rows[index - 1]
    return before ? row.firstSeq === before.lastSeq + 1 : row.firstSeq <= cursor + 1 && row.lastSeq > cursor
  })
}

export async function laneOf(store: Store, lane: LaneName = 'events', id = 'con_1'): Promise<LaneState> {
  const found = (await store.connections.lanes(id)).find((state) => state.lane === lane)
  if (!found) throw new Error(`no lane ${lane}`)
  return found
}

export async function totalsOf(store: Store, lane: LaneName = 'events'): Promise<Totals> {
  const all = await store.stats.read('con_1', { sinceMs: 0, stepMs: 60_000 })
  const found = all.find((stats) => stats.lane === lane)
  if (!found) throw new Error(`no lane ${lane}`)
  return found.totals
}

export const sumOf = ({ delivered, filtered, skipped, rejected, pending }: Totals): number =>
  delivered + filtered + skipped + rejected + pending
