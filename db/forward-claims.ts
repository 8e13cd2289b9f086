/**
 * Which requests have been forwarded lately, by their bytes. An SDK that did not hear our answer sends the same bytes
 * again within minutes; a batch that is the same after hours is another one. Times are those of receipt.
 */
import { hash } from 'node:crypto'
import type { Claimant, Lease } from '../core/ports.ts'
import type { Db } from './client.ts'

/** How long the same bytes are a repetition. */
const windowMs = 600_000
const hashBytes = 16
const hashOf = (messageId: string): Buffer => hash('sha256', messageId, 'buffer').subarray(0, hashBytes)
/** Of what is too old to matter, removed with each claim. */
const forgetMax = 100

export function prepareForwardClaims({ sqlite }: Db) {
  const select = sqlite.prepare<[number, Buffer], { seq: number; receivedAtMs: number }>(
    'SELECT seq, received_at_ms AS receivedAtMs FROM forward_seen WHERE lane_id = ? AND hash = ?',
  )
  const put = sqlite.prepare(
    `INSERT INTO forward_seen (lane_id, hash, seq, received_at_ms) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET seq = excluded.seq, received_at_ms = excluded.received_at_ms`,
  )
  const forget = sqlite.prepare(
    `DELETE FROM forward_seen WHERE (lane_id, hash) IN
       (SELECT lane_id, hash FROM forward_seen WHERE lane_id = ? AND received_at_ms < ? LIMIT ${forgetMax})`,
  )
  const giveBack = sqlite.prepare('DELETE FROM forward_seen WHERE lane_id = ? AND hash = ? AND seq = ?')
  return {
    /** Answers the positions whose bytes were seen in the ten minutes before. Runs in the caller's transaction. */
    claim({ laneId }: Lease, entries: readonly Claimant[], nowMs: number): Set<number> {
      const duplicates = new Set<number>()
      for (const { seq, messageId, receivedAtMs = nowMs } of entries) {
        const key = hashOf(messageId)
        const before = select.get(laneId, key)
        const isRepeated =
          before !== undefined && before.seq !== seq && receivedAtMs - before.receivedAtMs <= windowMs
        if (isRepeated) duplicates.add(seq)
        put.run(laneId, key, isRepeated ? before.seq : seq, Math.max(receivedAtMs, before?.receivedAtMs ?? 0))
        forget.run(laneId, receivedAtMs - windowMs)
      }
      return duplicates
    },
    /** What ended undelivered may come again. */
    giveBack({ laneId }: Lease, entries: readonly Pick<Claimant, 'seq' | 'messageId'>[]): void {
      for (const { seq, messageId } of entries) giveBack.run(laneId, hashOf(messageId), seq)
    },
  }
}
