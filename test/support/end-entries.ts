// Ends what waits in a lane without a drain, for tests of what is shown afterwards.
import type { LaneName } from '../../core/lanes.ts'
import type { Attempt, EndedEntry, Lease, Store } from '../../core/ports.ts'
import { nowMs } from './fake-deps.ts'

export async function leaseOf(store: Store, connectionId: string, lane: LaneName): Promise<Lease> {
  const lease = await store.lanes.open(connectionId, lane, nowMs)
  if ('held' in lease) throw new Error(`the lane is ${lease.held}`)
  return lease
}

/** Ends the next entries of a lane, one for each given ending, and records one attempt that covers them. */
export async function endEntries(
  store: Store,
  connectionId: string,
  lane: LaneName,
  endings: (Partial<EndedEntry> & { outcome: EndedEntry['outcome'] })[],
  attempt: Partial<Attempt> = {},
): Promise<void> {
  const lease = await leaseOf(store, connectionId, lane)
  const firstSeq = lease.cursor + 1
  const entries = endings.map((ending, index): EndedEntry => ({
    ...{ seq: firstSeq + index, sole: true, messageId: `m${firstSeq + index}`, reason: undefined },
    ...{ path: undefined, detail: undefined, type: 'track', event: 'Order Completed', userId: 'u1' },
    ...ending,
  }))
  const made: Attempt = {
    ...{ firstSeq, lastSeq: lease.cursor + entries.length, atMs: nowMs, durationMs: 12 },
    ...{ entries: entries.length, status: 202, code: 'ok', answer: '{"success":true}', settingsVersion: 1 },
    ...attempt,
  }
  await store.lanes.commit(lease, { entries, attempts: [made], settingsVersion: 1, nowMs: nowMs + 100 })
}
