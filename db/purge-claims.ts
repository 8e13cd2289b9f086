/**
 * Removes old claims. The tree is in the order of random hashes, so the old ones lie everywhere: all of it is looked
 * through, piece by piece, but only once a day.
 */
import type { RetentionStore } from '../core/retention-ports.ts'
import { immediate, type Db } from './client.ts'

const dayMs = 86_400_000
/** Claims that one step looks through, and how many of them one transaction removes. */
const lookMax = 10_000
const rowsMax = 2_000

interface Place {
  scope: number
  hash: Buffer
}
const beginning: Place = { scope: -1, hash: Buffer.alloc(0) }
const end: Place = { scope: Number.MAX_SAFE_INTEGER, hash: Buffer.alloc(0) }

export function createPurgeClaims(db: Db): RetentionStore['purgeClaims'] {
  const { sqlite } = db
  const doneDay = sqlite.prepare<[], number>('SELECT claims_day FROM retention WHERE id = 1').pluck()
  const finish = sqlite.prepare(
    'INSERT INTO retention (id, claims_day) VALUES (1, ?) ON CONFLICT DO UPDATE SET claims_day = excluded.claims_day',
  )
  const pieceEnd = sqlite.prepare<[number, Buffer], Place>(
    `SELECT scope, hash FROM claims WHERE (scope, hash) > (?, ?) ORDER BY scope, hash LIMIT 1 OFFSET ${lookMax - 1}`,
  )
  const within = '(scope, hash) > (?, ?) AND (scope, hash) <= (?, ?) AND day < ?'
  const isAny = sqlite.prepare<[number, Buffer, number, Buffer, number], number>(
    `SELECT 1 FROM claims WHERE ${within} LIMIT 1`,
  )
  const remove = sqlite.prepare(
    `DELETE FROM claims WHERE (scope, hash) IN (SELECT scope, hash FROM claims WHERE ${within} LIMIT ${rowsMax})`,
  )
  // Blocks are in the order of time; a beginning of them goes, so that whoever holds them in memory sees it.
  const removeBlocks = sqlite.prepare<[number]>(
    'DELETE FROM claim_blocks WHERE id < coalesce((SELECT min(id) FROM claim_blocks WHERE day >= ?), 1e15)',
  )

  return async function* (takenBeforeMs) {
    const day = Math.floor(takenBeforeMs / dayMs)
    if ((doneDay.get() ?? 0) >= day) return
    await immediate(db, () => removeBlocks.run(day))
    let from: Place | undefined = beginning
    while (from) {
      const to: Place | undefined = pieceEnd.get(from.scope, from.hash)
      const { scope, hash } = to ?? end
      const piece = [from.scope, from.hash, scope, hash, day] as const
      if (isAny.get(...piece) === undefined) yield 0
      else
        for (let removed = rowsMax; removed === rowsMax; yield removed)
          removed = (await immediate(db, () => remove.run(...piece))).changes
      from = to
    }
    await immediate(db, () => finish.run(day))
  }
}
