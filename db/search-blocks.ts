/**
 * The search index: a row for each block of 4,096 positions of a lane, written in the transaction that ends the last
 * of them (decision 0022). What a block holds is gathered in memory as its entries end; where another process ended the first
 * of them, the block is read back once. The entries behind the last block are few and are searched as they are.
 */
import { outcomes } from '../core/outcome.ts'
import type { EndedEntry } from '../core/ports.ts'
import { addToFilter, emptyFilter } from './block-filter.ts'
import type { Db } from './client.ts'
import type { CommitFollower } from './commit.ts'

/** Also in the trigger `search_blocks_outcome` of the migration. */
export const blockSize = 4_096

export const blockOf = (seq: number): number => Math.floor(seq / blockSize)
export const firstOf = (block: number): number => block * blockSize
export const lastOf = (block: number): number => firstOf(block) + blockSize - 1

/** What has been gathered of one block. More than was committed does no harm: a filter may say yes for nothing. */
interface Growing {
  block: number
  /** Everything from the block's beginning up to here is in it. */
  upTo: number
  filter: Uint8Array
  outcomes: number
}

type Searchable = Pick<EndedEntry, 'messageId' | 'event' | 'userId'>

function gather(growing: Growing, outcome: number, entry: Partial<Searchable>): void {
  growing.outcomes |= 1 << outcome
  if (entry.messageId !== undefined) addToFilter(growing.filter, 'messageId', entry.messageId)
  if (entry.event !== undefined) addToFilter(growing.filter, 'event', entry.event)
  if (entry.userId !== undefined) addToFilter(growing.filter, 'userId', entry.userId)
}

/** Of an erased person's message only its id may be found again. */
const searchable = (entry: EndedEntry): Partial<Searchable> =>
  entry.reason === 'erased' ? { messageId: entry.messageId } : entry

const emptyBlock = (block: number): Growing => ({
  ...{ block, upTo: Math.max(firstOf(block), 1) - 1, outcomes: 0 },
  filter: emptyFilter(),
})

/** Runs with the transaction in which entries end. */
export function prepareSearchBlocks(db: Db): CommitFollower {
  const write = prepareWriteBlock(db)
  const readBack = prepareReadBack(db)
  /** By lane. A lane whose block another process began is not in here until its next block. */
  const lanes = new Map<number, Growing>()

  function growingAt(laneId: number, seq: number): Growing | undefined {
    const block = blockOf(seq)
    const known = lanes.get(laneId)
    // A transaction that was run again, or that another drain overtook, brings positions that are in it already.
    if (known?.block === block && seq <= known.upTo + 1) return known
    lanes.delete(laneId)
    if (seq > Math.max(firstOf(block), 1)) return undefined
    const growing = emptyBlock(block)
    lanes.set(laneId, growing)
    return growing
  }

  return ({ laneId }, { entries }) => {
    for (let at = 0; at < entries.length;) {
      const seq = entries[at]?.seq ?? 0
      const block = blockOf(seq)
      const until = Math.min(entries.length, at + lastOf(block) - seq + 1)
      const growing = growingAt(laneId, seq)
      if (growing)
        for (const entry of entries.slice(at, until))
          gather(growing, outcomes.indexOf(entry.outcome), searchable(entry))
      const upTo = seq + until - at - 1
      if (growing) growing.upTo = Math.max(growing.upTo, upTo)
      if (upTo === lastOf(block)) write(laneId, growing ?? readBack(laneId, block))
      at = until
    }
  }
}

function prepareWriteBlock({ sqlite }: Db): (laneId: number, block: Growing) => void {
  const span = '(log.last_seq BETWEEN @first AND @last OR log.last_seq = @straddling)'
  const straddling = sqlite
    .prepare<[number, number], number>(
      'SELECT last_seq FROM lane_log WHERE lane_id = ? AND last_seq >= ? ORDER BY last_seq LIMIT 1',
    )
    .pluck()
  const insert = sqlite.prepare(`
    INSERT INTO search_blocks (lane_id, block, outcomes, received_min_at_ms, received_max_at_ms, filter)
    SELECT @laneId, @block, @outcomes, coalesce(min(request.received_at_ms), 0), coalesce(max(request.received_at_ms), 9e15), @filter
    FROM lane_log log JOIN requests request ON request.id = log.request_id WHERE log.lane_id = @laneId AND ${span}
    ON CONFLICT DO UPDATE SET outcomes = excluded.outcomes, received_min_at_ms = excluded.received_min_at_ms,
      received_max_at_ms = excluded.received_max_at_ms, filter = excluded.filter`)
  return (laneId, { block, outcomes: mask, filter }) => {
    const [first, last] = [firstOf(block), lastOf(block)]
    insert.run({
      ...{ laneId, block, outcomes: mask, filter, first, last },
      straddling: straddling.get(laneId, last) ?? last,
    })
  }
}

interface EndedRow {
  outcome: number
  messageId: string | null
  event: string | null
  userId: string | null
}

/** A block of what the store holds: some milliseconds. */
function prepareReadBack({ sqlite }: Db): (laneId: number, block: number) => Growing {
  const rows = sqlite.prepare<[number, number, number], EndedRow>(
    `SELECT outcome, message_id AS messageId, event, user_id AS userId FROM entries WHERE lane_id = ? AND seq BETWEEN ? AND ?`,
  )
  return (laneId, block) => {
    const whole = emptyBlock(block)
    for (const { outcome, messageId, event, userId } of rows.iterate(laneId, firstOf(block), lastOf(block)))
      gather(whole, outcome, {
        ...(messageId !== null && { messageId }),
        ...(event !== null && { event }),
        ...(userId !== null && { userId }),
      })
    return whole
  }
}

/**
 * Makes the block of a position anew of what the store still holds, so that nothing of what was removed can be told
 * from its filter. To be called in the transaction that removed it; nothing happens where there is no such block.
 */
export function prepareRemakeBlock(db: Db): (laneId: number, seq: number) => void {
  const write = prepareWriteBlock(db)
  const readBack = prepareReadBack(db)
  const isThere = db.sqlite
    .prepare<[number, number], number>('SELECT 1 FROM search_blocks WHERE lane_id = ? AND block = ?')
    .pluck()
  return (laneId, seq) => {
    const block = blockOf(seq)
    if (isThere.get(laneId, block) !== undefined) write(laneId, readBack(laneId, block))
  }
}
