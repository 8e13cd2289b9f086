/** Whose memory of what was sent a lease reads and writes: its connection's, or that of its job alone. */
import type { LaneName } from '../core/lanes.ts'
import type { Lease } from '../core/ports.ts'
import type { Db } from './client.ts'

/** `ownLane`: a job that sends by force knows what it has sent itself, and nobody else knows it. */
export type LeaseScope = { ownLane: number } | { connection: number; handler: LaneName | undefined }

/** `handler`: of a job, the lane whose work it does. Throws where the connection is gone. */
export function prepareLeaseScope({ sqlite }: Pick<Db, 'sqlite'>): (lease: Lease) => LeaseScope {
  const jobOf = sqlite.prepare<[number], { force: number; handler: LaneName }>(
    'SELECT force, handler FROM jobs WHERE lane_id = ?',
  )
  const numberOf = sqlite.prepare<[string], number>('SELECT n FROM connections WHERE id = ?').pluck()
  return ({ connectionId, lane, laneId }) => {
    const job = lane.includes(':') ? jobOf.get(laneId) : undefined
    if (job?.force === 1) return { ownLane: laneId }
    const connection = numberOf.get(connectionId)
    if (connection === undefined) throw new Error(`connection ${connectionId} is gone`)
    return { connection, handler: job?.handler }
  }
}
