/** The store's side of the way back: first exposures, and lanes that rest with a backlog until their hour. */
import { hash } from 'node:crypto'
import type { LaneStore, Lease, OutboundLaneStore } from '../core/ports.ts'
import { immediate, type Db } from './client.ts'
import { lost, type CommitFollower } from './commit.ts'
import { prepareLeaseScope } from './lease-scope.ts'

const dayMs = 86_400_000
const hashBytes = 16
const hashOf = (key: string): Buffer => hash('sha256', key, 'buffer').subarray(0, hashBytes)

type Ended = Parameters<LaneStore['commit']>[1]

/** All but the claims, which are in one place. */
export function prepareOutboundLanes(db: Db): Omit<OutboundLaneStore, 'sentToSegment'> {
  const { sqlite } = db
  const scopeOf = prepareScope(db)
  const isSeen = sqlite.prepare<[number, Buffer], number>(
    'SELECT 1 FROM first_exposures WHERE connection = ? AND hash = ?',
  )
  const touch = sqlite.prepare(
    'UPDATE lanes SET touched_at_ms = ?, reason = ? WHERE id = ? AND epoch = ? AND head > cursor',
  )
  return {
    async seenOnce(lease, keys) {
      const scope = scopeOf(lease)
      return keys.filter((key) => isSeen.get(scope, hashOf(key)) !== undefined)
    },
    async rest(lease, untilMs, reason) {
      const { laneId, epoch } = lease
      await immediate(db, () => {
        if (touch.run(untilMs, reason, laneId, epoch).changes !== 1) throw lost(lease)
      })
    },
  }
}

/** Remembers what was delivered under a key, in the transaction of its ending. */
export function prepareRememberOnce(db: Db): CommitFollower {
  const scopeOf = prepareScope(db)
  const remember = db.sqlite.prepare(
    'INSERT INTO first_exposures (connection, hash, day) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
  )
  return (lease: Lease, { entries, nowMs }: Ended) => {
    const delivered = entries.filter(({ once, outcome }) => once !== undefined && outcome === 'delivered')
    if (delivered.length === 0) return
    const scope = scopeOf(lease)
    const day = Math.floor(nowMs / dayMs)
    for (const { once = '' } of delivered) remember.run(scope, hashOf(once), day)
  }
}

/** As the claims: one number for a connection, a negative one for a job that sends by force. */
function prepareScope(db: Db): (lease: Lease) => number {
  const scopeOf = prepareLeaseScope(db)
  return (lease) => {
    const scope = scopeOf(lease)
    return 'ownLane' in scope ? -scope.ownLane : scope.connection
  }
}
