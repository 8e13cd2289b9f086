/**
 * The claims of `claim_blocks` in memory, in step with the table: every process reads the blocks that the others
 * wrote before it looks anything up. Only committed blocks are ever in here, so a transaction that fails leaves no trace.
 */
import type { Db } from './client.ts'

export interface Holder {
  laneId: number
  seq: number
}

export interface RecentClaim extends Holder {
  day: number
}

interface Block {
  id: number
  scope: number
  laneId: number
  day: number
  released: number
  hashes: Buffer
  seqs: Buffer
}

export const hashBytes = 16
const seqBytes = 8

export function createRecentClaims({ sqlite }: Db) {
  const span = sqlite.prepare<[], { first: number | null; last: number | null }>(
    'SELECT (SELECT min(id) FROM claim_blocks) AS first, (SELECT max(id) FROM claim_blocks) AS last',
  )
  const newer = sqlite.prepare<[number], Block>(
    'SELECT id, scope, lane_id AS laneId, day, released, hashes, seqs FROM claim_blocks WHERE id > ? ORDER BY id',
  )
  const insert = sqlite.prepare(
    'INSERT INTO claim_blocks (scope, lane_id, day, released, hashes, seqs) VALUES (?, ?, ?, ?, ?, ?)',
  )
  /** By scope and hash; null is a claim that was given back, whatever else is known of it. */
  let held = new Map<number, Map<string, RecentClaim | null>>()
  let [first, last, blocks, claims] = [0, 0, 0, 0]

  function read(block: Block): void {
    const ofScope = held.get(block.scope) ?? new Map<string, RecentClaim | null>()
    held.set(block.scope, ofScope)
    for (let at = 0, n = 0; at < block.hashes.length; at += hashBytes, n += seqBytes) {
      const key = block.hashes.toString('latin1', at, at + hashBytes)
      const seq = block.seqs.readDoubleLE(n)
      if (block.released === 0) ofScope.set(key, { laneId: block.laneId, seq, day: block.day })
      else ofScope.set(key, null)
    }
    claims += block.hashes.length / hashBytes
    blocks += 1
    last = block.id
  }

  return {
    /** To be called first in a transaction that looks up or writes claims. */
    refresh(): void {
      const { first: firstNow, last: lastNow } = span.get() ?? { first: null, last: null }
      if (firstNow === null || firstNow !== first) {
        // Blocks were folded since: what is left is read again.
        held = new Map()
        ;[first, last, blocks, claims] = [firstNow ?? 0, 0, 0, 0]
      }
      if (lastNow !== null && lastNow > last) for (const block of newer.iterate(last)) read(block)
    },
    /** The holder; null when the claim was given back; undefined when the settled claims must be asked. */
    holder: (scope: number, key: string): RecentClaim | null | undefined => held.get(scope)?.get(key),
    append(
      scope: number,
      laneId: number,
      day: number,
      released: boolean,
      claimed: { hash: Buffer; seq: number }[],
    ): void {
      const seqs = Buffer.alloc(claimed.length * seqBytes)
      claimed.forEach(({ seq }, index) => seqs.writeDoubleLE(seq, index * seqBytes))
      insert.run(scope, laneId, day, released ? 1 : 0, Buffer.concat(claimed.map(({ hash }) => hash)), seqs)
    },
    /** Everything held, and up to which block that is. */
    snapshot: () => ({
      upTo: last,
      held: [...held].flatMap(([scope, ofScope]) =>
        [...ofScope].flatMap(([key, claim]) => (claim === null ? [] : [{ scope, key, ...claim }])),
      ),
    }),
    size: () => ({ blocks, claims }),
  }
}
