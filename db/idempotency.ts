/** Calls that carry an Idempotency-Key, and their answers, which may hold secrets: sealed. */
import type { Begun, IdempotencyStore, StoredAnswer } from '../core/explorer-ports.ts'
import type { RetentionStore } from '../core/retention-ports.ts'
import { immediate, type Db } from './client.ts'
import type { SecretBox } from './secret-box.ts'

interface Row {
  bodyHash: Buffer
  startedAtMs: number
  answer: Buffer | null
}

const rowsMax = 500
/** What an answer is bound to when it is sealed. */
export const answerPurpose = (hash: Uint8Array): string =>
  `idempotent-call:${Buffer.from(hash).toString('base64url')}`

export function createIdempotencyStore(db: Db, box: SecretBox): IdempotencyStore {
  const { sqlite } = db
  const find = sqlite.prepare<[Uint8Array], Row>(
    'SELECT body_hash AS bodyHash, started_at_ms AS startedAtMs, answer FROM idempotent_calls WHERE hash = ?',
  )
  const take = sqlite.prepare(`
    INSERT INTO idempotent_calls (hash, body_hash, started_at_ms) VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET body_hash = excluded.body_hash, started_at_ms = excluded.started_at_ms, answer = NULL`)
  const answer = sqlite.prepare('UPDATE idempotent_calls SET answer = ? WHERE hash = ?')
  const forget = sqlite.prepare('DELETE FROM idempotent_calls WHERE hash = ? AND answer IS NULL')

  function begin({ hash, bodyHash, nowMs, ...since }: Parameters<IdempotencyStore['begin']>[0]): Begun {
    const row = find.get(hash)
    const isLive =
      row &&
      row.startedAtMs >=
        (row.answer === null ? Math.max(since.lostSinceMs, since.keptSinceMs) : since.keptSinceMs)
    if (!isLive) {
      take.run(hash, bodyHash, nowMs)
      return { is: 'new' }
    }
    if (!row.bodyHash.equals(bodyHash)) return { is: 'reused' }
    if (row.answer === null) return { is: 'running' }
    return { is: 'answered', answer: JSON.parse(box.open(row.answer, answerPurpose(hash))) as StoredAnswer }
  }

  return {
    begin: async (call) => immediate(db, () => begin(call)),
    async finish(hash, given) {
      await immediate(db, () => answer.run(box.seal(JSON.stringify(given), answerPurpose(hash)), hash))
    },
    async forget(hash) {
      await immediate(db, () => forget.run(hash))
    },
  }
}

export function createPurgeCalls(db: Db): RetentionStore['purgeCalls'] {
  const remove = db.sqlite.prepare<[number]>(
    `DELETE FROM idempotent_calls WHERE hash IN (SELECT hash FROM idempotent_calls WHERE started_at_ms < ? LIMIT ${rowsMax})`,
  )
  return async function* (startedBeforeMs) {
    for (let removed = rowsMax; removed === rowsMax; yield removed)
      removed = (await immediate(db, () => remove.run(startedBeforeMs))).changes
  }
}
