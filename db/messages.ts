/**
 * Entries as the explorer reads them: what a drain ended comes from narrow rows, what is pending from the bodies.
 * A page looks at a bounded number of positions a lane and says when it stopped before the end.
 */
import { entryId, parseEntryId } from '../core/ids.ts'
import type { LaneName } from '../core/lanes.ts'
import { outcomes } from '../core/outcome.ts'
import type { Entry, MessageQuery, MessageStore } from '../core/ports.ts'
import type { Db } from './client.ts'
import { selectPending } from './pending.ts'
import { prepareStory } from './story.ts'

/** Positions of a lane that one page looks at. */
const scanMax = 100_000

export interface LaneRow {
  id: number
  name: LaneName
  connectionId: string
  head: number
  cursor: number
}

/** Where the next page goes on, per lane: everything from this position up has been shown or looked at. */
type Place = Record<number, number>

export function createMessageStore(db: Db): MessageStore {
  const lanes = db.sqlite.prepare<[string], LaneRow>(
    'SELECT id, name, connection_id AS connectionId, head, cursor FROM lanes WHERE connection_id = ?',
  )
  const story = prepareStory(db)
  return {
    async list(connectionId, query, { after, limit }) {
      const place = readPlace(after)
      const found = lanes
        .all(connectionId)
        .filter(({ name }) => query.lane === undefined || name === query.lane)
        .map((lane) => scanLane(db, lane, query, place[lane.id] ?? lane.head + 1, limit))
      const entries = found
        .flatMap((lane) => lane.entries)
        .sort((a, b) => b.receivedAtMs - a.receivedAtMs || seqOf(b) - seqOf(a))
        .slice(0, limit)
      const more = found.some(
        (lane) => lane.floor > 1 || lane.entries.some((entry) => !entries.includes(entry)),
      )
      const next: Place = {}
      for (const lane of found) next[lane.id] = nextPlace(lane, entries)
      return {
        entries,
        next: more ? Buffer.from(JSON.stringify(next)).toString('base64url') : undefined,
        cut: found.some((lane) => lane.entries.length < limit && lane.floor > 1),
      }
    },
    get: async (id) => {
      const parts = parseEntryId(id)
      return parts && story(parts)
    },
  }
}

interface Scan {
  id: number
  entries: Entry[]
  /** The lowest position that was looked at. */
  floor: number
}

/** Newest first from below `before`: first the backlog, then what was ended. */
function scanLane(db: Db, lane: LaneRow, query: MessageQuery, before: number, limit: number): Scan {
  const pending = selectPending(db, lane, query, before, limit)
  if (pending.entries.length >= limit) return { id: lane.id, entries: pending.entries, floor: pending.floor }
  const endedBefore = Math.min(before, lane.cursor + 1)
  const floor = Math.max(1, endedBefore - scanMax)
  const wanted = limit - pending.entries.length
  const ended =
    query.outcome === 'pending' ? [] : selectEnded(db, lane, query, { before: endedBefore, floor, wanted })
  const lowest = ended.length === wanted ? seqOf(ended.at(-1)) : floor
  return { id: lane.id, entries: [...pending.entries, ...ended], floor: pending.cut ? pending.floor : lowest }
}

const seqOf = (entry: Entry | undefined): number => (entry && parseEntryId(entry.id)?.seq) ?? 0

/** Entries that were found but did not fit on the page must come again on the next one. */
function nextPlace(lane: Scan, shown: Entry[]): number {
  const left = lane.entries.find((entry) => !shown.includes(entry))
  return left ? seqOf(left) + 1 : lane.floor
}

function readPlace(after: string | undefined): Place {
  if (after === undefined) return {}
  try {
    return JSON.parse(Buffer.from(after, 'base64url').toString()) as Place
  } catch {
    return {}
  }
}

export interface EndedRow {
  seq: number
  outcome: number
  reason: string | null
  path: string | null
  detail: string | null
  messageId: string | null
  type: string | null
  event: string | null
  userId: string | null
  endedAtMs: number
  settingsVersion: number
  receivedAtMs: number
}

/** Conditions that a query may set, with the SQL of each. */
const conditions = {
  outcome: 'outcome = @outcome',
  event: 'event = @event',
  userId: 'user_id = @userId',
  messageId: 'message_id = @messageId',
  sinceMs: 'receivedAtMs >= @sinceMs',
  untilMs: 'receivedAtMs < @untilMs',
} as const satisfies Partial<Record<keyof MessageQuery, string>>

export const endedColumns = `entry.seq, entry.outcome, entry.reason, entry.path, entry.detail, entry.message_id AS messageId, entry.type,
  entry.event, entry.user_id AS userId, entry.ended_at_ms AS endedAtMs, entry.settings_version AS settingsVersion,
  (SELECT request.received_at_ms FROM lane_log log JOIN requests request ON request.id = log.request_id
    WHERE log.lane_id = entry.lane_id AND log.last_seq >= entry.seq ORDER BY log.last_seq LIMIT 1) AS receivedAtMs`

function selectEnded(
  { sqlite }: Db,
  lane: LaneRow,
  query: MessageQuery,
  { before, floor, wanted }: { before: number; floor: number; wanted: number },
): Entry[] {
  const wheres = Object.entries(conditions).filter(
    ([name]) => query[name as keyof MessageQuery] !== undefined,
  )
  const sql = `SELECT ${endedColumns} FROM entries entry
    WHERE lane_id = @laneId AND seq < @before AND seq >= @floor ${wheres.map(([, sql]) => `AND ${sql}`).join(' ')}
    ORDER BY seq DESC LIMIT @wanted`
  const outcome = query.outcome && outcomes.indexOf(query.outcome)
  const rows = sqlite
    .prepare<[object], EndedRow>(sql)
    .all({ ...query, outcome, laneId: lane.id, before, floor, wanted })
  return rows.map((row) => toEntry(lane, row))
}

export function toEntry(lane: Pick<LaneRow, 'id' | 'name' | 'connectionId'>, row: EndedRow): Entry {
  return {
    id: entryId(lane.id, row.seq),
    connectionId: lane.connectionId,
    lane: lane.name,
    messageId: row.messageId ?? undefined,
    outcome: outcomes[row.outcome] ?? 'pending',
    reason: row.reason ?? undefined,
    path: row.path ?? undefined,
    detail: row.detail ?? undefined,
    type: row.type ?? undefined,
    event: row.event ?? undefined,
    userId: row.userId ?? undefined,
    receivedAtMs: row.receivedAtMs,
    endedAtMs: row.endedAtMs,
    settingsVersion: row.settingsVersion,
  }
}
