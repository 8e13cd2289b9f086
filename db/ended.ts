/**
 * What drains have ended, as the explorer searches it: narrow rows, newest first. Blocks that cannot hold an answer
 * (db/search-blocks.ts) are passed over; the others, and positions that are in no block, are read.
 */
import { outcomes } from '../core/outcome.ts'
import type { Entry, MessageQuery } from '../core/ports.ts'
import { mayHold, placesOf, type FilterKey } from './block-filter.ts'
import type { Db } from './client.ts'
import { endedColumns, endedEntry, endedRows, seqOf, type EndedRow } from './entry.ts'
import type { Found, Look } from './scan.ts'
import { blockOf, firstOf, lastOf } from './search-blocks.ts'

/** Conditions that a query may set, with the SQL of each: cheap ones first. */
const conditions = {
  outcome: 'outcome = @outcome',
  messageId: 'message_id = @messageId',
  userId: 'user_id = @userId',
  event: 'event = @event',
  sinceMs: 'receivedAtMs >= @sinceMs',
  untilMs: 'receivedAtMs < @untilMs',
} as const satisfies Partial<Record<keyof MessageQuery, string>>
/** A time takes two more look-ups a row. */
const timedWeight = 8

interface Stretch {
  low: number
  /** Exclusive. */
  high: number
}

/** Looks at a span of ended positions down to `bottom`, highest first, until `limit` entries fit the query or the budget is used up. */
export function prepareEnded(db: Db): (look: Look & { bottom: number }) => Found {
  const stretchesOf = prepareStretches(db)
  const highestBelow = db.sqlite
    .prepare<[number, number], number | null>('SELECT max(seq) FROM entries WHERE lane_id = ? AND seq < ?')
    .pluck()
  const read = prepareRead(db)

  return (look) => {
    const { lane, query, limit, budget } = look
    const weight = query.sinceMs === undefined && query.untilMs === undefined ? 1 : timedWeight
    const rowsOf = read(look)
    const entries: Entry[] = []
    let floor = look.span.high
    for (const { low, high } of stretchesOf(look)) {
      // A stretch without entries, such as a purged one, costs one step.
      const top = Math.min(high, (highestBelow.get(lane.id, high) ?? 0) + 1)
      const from = Math.max(low, top - Math.ceil(budget.positions / weight))
      budget.positions -= Math.max(0, top - from) * weight
      for (const row of rowsOf(from, top, limit - entries.length)) entries.push(endedEntry(lane, row))
      const last = entries.at(-1)
      if (last && entries.length === limit) return { entries, floor: seqOf(last) }
      floor = from
      if (budget.positions <= 0) return { entries, floor }
    }
    return { entries, floor: budget.blocks > 0 ? Math.min(look.bottom, look.span.high) : floor }
  }
}

function prepareRead({ sqlite }: Db) {
  return ({ lane, query }: Look) => {
    const wheres = Object.entries(conditions)
      .filter(([name]) => query[name as keyof MessageQuery] !== undefined)
      .map(([, condition]) => `AND ${condition}`)
    const statement = sqlite.prepare<[object], EndedRow>(
      `SELECT ${endedColumns} FROM ${endedRows}
       WHERE lane_id = @laneId AND seq < @high AND seq >= @low ${wheres.join(' ')} ORDER BY seq DESC LIMIT @limit`,
    )
    const outcome = query.outcome && outcomes.indexOf(query.outcome)
    return (low: number, high: number, limit: number): EndedRow[] =>
      statement.all({ ...query, outcome, laneId: lane.id, low, high, limit })
  }
}

interface BlockRow {
  block: number
  outcomes: number
  minAtMs: number
  maxAtMs: number
  filter: Buffer
}

/** Blocks that are fetched at once: their filters are half a megabyte. */
const blocksAtOnce = 64

/**
 * The stretches of positions that may hold an answer, highest first, without gaps but for blocks that cannot. Takes
 * each block off the budget, and ends where that is used up; the last stretch handed out is then empty and says where.
 */
function prepareStretches({ sqlite }: Db) {
  const blocks = sqlite.prepare<[number, number], BlockRow>(
    `SELECT block, outcomes, received_min_at_ms AS minAtMs, received_max_at_ms AS maxAtMs, filter FROM search_blocks
     WHERE lane_id = ? AND block <= ? ORDER BY block DESC LIMIT ${blocksAtOnce}`,
  )
  return function* ({
    lane,
    query,
    span,
    bottom,
    budget,
  }: Look & { bottom: number }): Generator<Stretch, void> {
    const isWorthReading = prepareJudge(query)
    let high = span.high
    while (high > bottom) {
      const known = blocks.all(lane.id, blockOf(high - 1))
      for (const row of known) {
        const { block } = row
        const end = lastOf(block) + 1
        if (end < high) yield { low: Math.max(bottom, end), high }
        if (end <= bottom) return
        const stretch = { low: Math.max(bottom, firstOf(block)), high: Math.min(high, end) }
        if (isWorthReading(row)) yield stretch
        high = stretch.low
        budget.blocks -= 1
      }
      const isUsedUp = budget.blocks <= 0
      const isUnknown = known.length < blocksAtOnce
      if (isUsedUp) yield { low: high, high }
      else if (isUnknown) yield { low: bottom, high }
      if (isUsedUp || isUnknown) return
    }
  }
}

/** Whether a block may hold what the query asks for. */
function prepareJudge(query: MessageQuery): (row: BlockRow) => boolean {
  const bit = query.outcome === undefined ? ~0 : 1 << outcomes.indexOf(query.outcome)
  const { sinceMs = -Infinity, untilMs = Infinity } = query
  const wanted = (['messageId', 'userId', 'event'] as const satisfies FilterKey[]).flatMap((key) => {
    const text = query[key]
    return text === undefined ? [] : [placesOf(key, text)]
  })
  return ({ outcomes: mask, minAtMs, maxAtMs, filter }) =>
    (mask & bit) !== 0 &&
    maxAtMs >= sinceMs &&
    minAtMs < untilMs &&
    wanted.every((places) => mayHold(filter, places))
}
