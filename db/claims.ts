/**
 * Claims: which entry holds a messageId, per connection and destination. The id of an entry about to be sent is
 * claimed before the send; another entry with that id is a duplicate, a rerun of the same entry is not.
 *
 * Hashes are random, and a random insert into a tree of millions touches a page of its own. So claims are written as
 * blocks, looked up in memory while they are recent, and folded into the tree many at a time, in its order.
 */
import { hash } from 'node:crypto'
import { destinationOf } from '../core/lanes.ts'
import type { Claimant, LaneStore, Lease } from '../core/ports.ts'
import { immediate, type Db } from './client.ts'
import { prepareForwardClaims } from './forward-claims.ts'
import { prepareLeaseScope } from './lease-scope.ts'
import { createRecentClaims, hashBytes, type Holder } from './recent-claims.ts'

const dayMs = 86_400_000
/** Recent claims that are held in memory at most, about 10 MB; a fold then touches each page of the tree for many. */
const recentMax = 50_000
const blocksMax = 500
/** Rows a fold writes in one transaction: a few milliseconds. */
const foldRows = 2_000

const hashOf = (messageId: string) => hash('sha256', messageId, 'buffer').subarray(0, hashBytes)

type Ended = Parameters<LaneStore['commit']>[1]

/** Claims are kept apart by connection and destination; those of a job that sends by force are its lane's own. */
function prepareScope(db: Db): (lease: Lease) => number {
  const scopeOf = prepareLeaseScope(db)
  return (lease) => {
    const scope = scopeOf(lease)
    if ('ownLane' in scope) return -scope.ownLane
    // A redrive delivers to the side of the lane that it takes from.
    const isToSegment = destinationOf(lease.lane) === 'segment' || scope.handler === 'outbound'
    return scope.connection * 2 + (isToSegment ? 1 : 0)
  }
}

export function prepareClaims(db: Db) {
  const kept = prepareKeptClaims(db)
  const forwarded = prepareForwardClaims(db)
  const isForward = ({ lane }: Lease) => lane === 'forward'
  return {
    ...kept,
    claim: (lease: Lease, entries: Claimant[], nowMs: number): Set<number> =>
      isForward(lease) ? forwarded.claim(lease, entries, nowMs) : kept.claim(lease, entries, nowMs),
    giveBackUndelivered(lease: Lease, ended: Ended): void {
      if (isForward(lease)) forwarded.giveBack(lease, undelivered(ended))
      else kept.giveBackUndelivered(lease, ended)
    },
  }
}

const undelivered = ({ entries }: Ended) =>
  entries.filter(({ outcome, reason }) => outcome !== 'delivered' && reason !== 'duplicate')

/** Who holds an id: told by the recent claims, else by the settled ones. */
function prepareHolderOf({ sqlite }: Db, recent: ReturnType<typeof createRecentClaims>) {
  const settled = sqlite.prepare<[number, Buffer], Holder>(
    'SELECT lane_id AS laneId, seq FROM claims WHERE scope = ? AND hash = ?',
  )
  return (inScope: number, hash: Buffer, key: string): Holder | undefined => {
    const known = recent.holder(inScope, key)
    return known === undefined ? settled.get(inScope, hash) : (known ?? undefined)
  }
}

function prepareKeptClaims(db: Db) {
  const { sqlite } = db
  const removeSettled = sqlite.prepare('DELETE FROM claims WHERE scope = ? AND hash = ?')
  const recent = createRecentClaims(db)
  const fold = prepareFold(db, recent)
  let folding: Promise<void> | undefined

  const scope = prepareScope(db)
  const holderOf = prepareHolderOf(db, recent)

  return {
    /** Answers the positions whose id another entry holds. Runs in the caller's transaction. */
    claim(lease: Lease, entries: Claimant[], nowMs: number): Set<number> {
      const duplicates = new Set<number>()
      if (destinationOf(lease.lane) === 'ledger' || entries.length === 0) return duplicates
      recent.refresh()
      const inScope = scope(lease)
      const taken = new Map<string, { hash: Buffer; seq: number }>()
      for (const { seq, messageId } of [...entries].sort((a, b) => a.seq - b.seq)) {
        const hash = hashOf(messageId)
        const key = hash.toString('latin1')
        const holder = holderOf(inScope, hash, key)
        if (holder) {
          if (holder.laneId !== lease.laneId || holder.seq !== seq) duplicates.add(seq)
        } else if (taken.has(key)) duplicates.add(seq)
        else taken.set(key, { hash, seq })
      }
      const day = Math.floor(nowMs / dayMs)
      if (taken.size > 0) recent.append(inScope, lease.laneId, day, false, [...taken.values()])
      return duplicates
    },
    /** Which of these ids are claimed towards Segment, whatever the lease's own side is. */
    sentToSegment(lease: Lease, messageIds: readonly string[]): string[] {
      recent.refresh()
      const outbound = scope({ ...lease, lane: 'outbound' })
      return messageIds.filter((messageId) => {
        const hash = hashOf(messageId)
        return holderOf(outbound, hash, hash.toString('latin1')) !== undefined
      })
    },
    /**
     * An entry that ended undelivered lets go of its id, so that the message may come again: corrected, or once the
     * setting that held it back is another.
     */
    giveBackUndelivered(lease: Lease, ended: Ended): void {
      if (destinationOf(lease.lane) === 'ledger') return
      const entries = undelivered(ended)
      if (entries.length === 0) return
      recent.refresh()
      const inScope = scope(lease)
      const mine = entries
        .map(({ seq, messageId }) => ({ seq, hash: hashOf(messageId) }))
        .filter(({ seq, hash }) => {
          const holder = holderOf(inScope, hash, hash.toString('latin1'))
          return holder?.laneId === lease.laneId && holder.seq === seq
        })
      if (mine.length === 0) return
      for (const { hash } of mine) removeSettled.run(inScope, hash)
      recent.append(inScope, lease.laneId, Math.floor(ended.nowMs / dayMs), true, mine)
    },
    /** Folds when it is time; cheap when it is not. Not to be called in a transaction. */
    async foldWhenDue(): Promise<void> {
      const { blocks, claims } = recent.size()
      if (claims < recentMax && blocks < blocksMax) return
      // Lanes of this process that find it due at once wait for the same fold.
      folding ??= fold().finally(() => (folding = undefined))
      await folding
    },
  }
}

/**
 * Moves the recent claims into the tree. Each step looks again whether a claim still stands, since another process may
 * give it back in between; blocks go only when all of them is settled, so that a crash repeats and loses nothing.
 */
function prepareFold(db: Db, recent: ReturnType<typeof createRecentClaims>) {
  const insert = db.sqlite.prepare(
    'INSERT INTO claims (scope, hash, lane_id, seq, day) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  )
  const removeBlocks = db.sqlite.prepare('DELETE FROM claim_blocks WHERE id <= ?')
  return async function fold(): Promise<void> {
    const { upTo, held } = await immediate(db, () => {
      recent.refresh()
      return recent.snapshot()
    })
    held.sort((a, b) => a.scope - b.scope || (a.key < b.key ? -1 : 1))
    for (let at = 0; at < held.length; at += foldRows) {
      await immediate(db, () => {
        recent.refresh()
        for (const { scope, key, laneId, seq, day } of held.slice(at, at + foldRows)) {
          const now = recent.holder(scope, key)
          const stands = now?.laneId === laneId && now.seq === seq
          if (stands) insert.run(scope, Buffer.from(key, 'latin1'), laneId, seq, day)
        }
      })
      await new Promise(setImmediate)
    }
    await immediate(db, () => removeBlocks.run(upTo))
  }
}
