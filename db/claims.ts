/**
 * Claims: which entry holds a messageId, per connection and destination. The id of an entry about to be sent is
 * claimed before the send; another entry with that id is a duplicate, a rerun of the same entry is not.
 */
import { hash } from 'node:crypto'
import { destinationOf } from '../core/lanes.ts'
import type { Lease } from '../core/ports.ts'
import type { Db } from './client.ts'

const dayMs = 86_400_000
const hashBytes = 16
const hashOf = (messageId: string) => hash('sha256', messageId, 'buffer').subarray(0, hashBytes)

type Candidate = { seq: number; messageId: string }

export function prepareClaims({ sqlite }: Db) {
  const scopeOf = sqlite.prepare<[string], { n: number }>('SELECT n FROM connections WHERE id = ?')
  const insert = sqlite.prepare<[number, Buffer, number, number, number], { laneId: number; seq: number }>(
    'INSERT INTO claims (scope, hash, lane_id, seq, day) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  )
  const holder = sqlite.prepare<[number, Buffer], { laneId: number; seq: number }>(
    'SELECT lane_id AS laneId, seq FROM claims WHERE scope = ? AND hash = ?',
  )
  const remove = sqlite.prepare('DELETE FROM claims WHERE scope = ? AND hash = ? AND lane_id = ? AND seq = ?')

  const scope = ({ connectionId, lane }: Lease): number => {
    const row = scopeOf.get(connectionId)
    if (!row) throw new Error(`connection ${connectionId} is gone`)
    return row.n * 2 + (destinationOf(lane) === 'segment' ? 1 : 0)
  }

  return {
    /** Answers the positions whose id another entry holds. In the order of the hashes: fewer pages are touched. */
    claim(lease: Lease, entries: Candidate[], nowMs: number): Set<number> {
      const duplicates = new Set<number>()
      if (destinationOf(lease.lane) === 'ledger') return duplicates
      const inScope = scope(lease)
      const day = Math.floor(nowMs / dayMs)
      const hashed = entries.map(({ seq, messageId }) => ({ seq, hash: hashOf(messageId) }))
      hashed.sort((a, b) => Buffer.compare(a.hash, b.hash) || a.seq - b.seq)
      for (const { seq, hash } of hashed) {
        if (insert.run(inScope, hash, lease.laneId, seq, day).changes === 1) continue
        const held = holder.get(inScope, hash)
        if (held && (held.laneId !== lease.laneId || held.seq !== seq)) duplicates.add(seq)
      }
      return duplicates
    },
    /** An entry that ended `rejected` lets go of its id, so that a corrected message may come. */
    giveBack(lease: Lease, entries: Candidate[]): void {
      if (entries.length === 0) return
      const inScope = scope(lease)
      for (const { seq, messageId } of entries) remove.run(inScope, hashOf(messageId), lease.laneId, seq)
    },
  }
}
