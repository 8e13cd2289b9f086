/** Retention: its settings, what is held, and the removal of what is too old (db/purge-ended.ts, db/purge-claims.ts). */
import type { Holdings, RetentionSettings, RetentionStore } from '../core/retention-ports.ts'
import { immediate, type Db } from './client.ts'
import { createPurgeCalls } from './idempotency.ts'
import { createPurgeClaims } from './purge-claims.ts'
import { createPurgeEnded } from './purge-ended.ts'
import { createRollUpMinutes } from './roll-up-counts.ts'

/** Rows of counts that one transaction removes at most. */
const rowsMax = 2_000
/** Pages that one transaction moves at most: a few milliseconds. */
const pagesMax = 64
/** This share of what is used may stay unused in the file: the next hours write into it, and moving pages costs writes. */
const reserveShare = 0.1

export function createRetentionStore(db: Db): RetentionStore {
  const { sqlite } = db
  const settings = sqlite.prepare<[], { days: number | null; maxBytes: number | null }>(
    'SELECT days, max_bytes AS maxBytes FROM retention WHERE id = 1',
  )
  const change = sqlite.prepare(`
    INSERT INTO retention (id, days, max_bytes, updated_at_ms) VALUES (1, ?, ?, ?)
    ON CONFLICT DO UPDATE SET days = excluded.days, max_bytes = excluded.max_bytes, updated_at_ms = excluded.updated_at_ms`)

  const read = (): RetentionSettings => {
    const row = settings.get()
    return { days: row?.days ?? undefined, maxBytes: row?.maxBytes ?? undefined }
  }
  return {
    settings: async () => read(),
    async change({ days, maxBytes }, nowMs) {
      await immediate(db, () => change.run(days ?? null, maxBytes ?? null, nowMs))
    },
    holdings: prepareHoldings(db),
    purgeEnded: createPurgeEnded(db),
    purgeClaims: createPurgeClaims(db),
    rollUpMinutes: createRollUpMinutes(db),
    purgeMinutes: createPurgeMinutes(db),
    purgeCalls: createPurgeCalls(db),
    shrink: () => shrink(db, read().maxBytes),
  }
}

const pragma = ({ sqlite }: Db, name: string): number => Number(sqlite.pragma(name, { simple: true }))

/**
 * Counting rows or bytes would read every body, so both come from what was counted at accept and at removal. Numbers
 * of requests have no gaps: they are AUTOINCREMENT, and what is rolled back gives its number back.
 */
function prepareHoldings(db: Db): () => Promise<Holdings> {
  const held = db.sqlite.prepare<[], { requests: number; bodiesBytes: number }>(`
    SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'requests'), 0)
        - coalesce((SELECT requests_out FROM retention WHERE id = 1), 0) AS requests,
      coalesce((SELECT sum(bytes_in) FROM lanes), 0)
        - coalesce((SELECT bytes_out FROM retention WHERE id = 1), 0) AS bodiesBytes`)
  const oldest = db.sqlite.prepare<[], { atMs: number }>(
    'SELECT received_at_ms AS atMs FROM requests ORDER BY id LIMIT 1',
  )
  const snapshot = db.sqlite.transaction(() => {
    const [pages, free, size] = ['page_count', 'freelist_count', 'page_size'].map((name) =>
      pragma(db, name),
    ) as [number, number, number]
    return {
      ...(held.get() ?? { requests: 0, bodiesBytes: 0 }),
      databaseBytes: pages * size,
      usedBytes: (pages - free) * size,
      oldestAtMs: oldest.get()?.atMs,
    }
  })
  return async () => snapshot()
}

function createPurgeMinutes(db: Db): RetentionStore['purgeMinutes'] {
  const laneIds = db.sqlite.prepare<[], number>('SELECT id FROM lanes ORDER BY id').pluck()
  // Minute 0 holds the totals.
  const remove = db.sqlite.prepare<[number, number]>(`
    DELETE FROM lane_counts WHERE (lane_id, minute, sole) IN (
      SELECT lane_id, minute, sole FROM lane_counts WHERE lane_id = ? AND minute > 0 AND minute < ? LIMIT ${rowsMax})`)
  const isAny = db.sqlite.prepare<[number, number], number>(
    'SELECT 1 FROM lane_counts WHERE lane_id = ? AND minute > 0 AND minute < ? LIMIT 1',
  )
  return async function* (beforeMs) {
    const minute = Math.floor(beforeMs / 60_000)
    for (const laneId of laneIds.all()) {
      while (isAny.get(laneId, minute) !== undefined)
        yield (await immediate(db, () => remove.run(laneId, minute))).changes
    }
  }
}

async function* shrink(db: Db, maxBytes = Infinity): AsyncIterable<number> {
  for (;;) {
    const [pages, free, size] = [
      pragma(db, 'page_count'),
      pragma(db, 'freelist_count'),
      pragma(db, 'page_size'),
    ]
    const used = pages - free
    const reserve = Math.min(Math.floor(used * reserveShare), Math.max(0, Math.floor(maxBytes / size) - used))
    const surplus = free - reserve
    if (surplus <= 0) return
    await immediate(db, () => db.sqlite.pragma(`incremental_vacuum(${Math.min(surplus, pagesMax)})`))
    const given = pages - pragma(db, 'page_count')
    if (given <= 0) return
    yield given * size
  }
}
