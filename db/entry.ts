/** One entry as the port lists it: made of the narrow row of an ended one, or of the message of a pending one. */
import { entryId, madeMessageId, parseEntryId } from '../core/ids.ts'
import type { LaneName } from '../core/lanes.ts'
import { outcomes } from '../core/outcome.ts'
import type { Entry, LogRow } from '../core/ports.ts'
import { mapForLane, type Mapped } from '../core/directions.ts'
import type { RequestSource } from '../core/receipt.ts'
import { defaultSettings } from '../core/settings.ts'
import { receiptOf, unpackForLane } from '../core/stored-request.ts'
import { itemAt } from './log-row.ts'

export interface LaneRow {
  id: number
  name: LaneName
  connectionId: string
  head: number
  cursor: number
}

/** Columns of `LaneRow` from `lanes`. */
export const laneColumns = 'id, name, connection_id AS connectionId, head, cursor'

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
  source: RequestSource | null
}

/** Columns of `EndedRow` from `endedRows`. Where the request has been purged, the ending tells the time. */
export const endedColumns = `entry.seq, entry.outcome, entry.reason, entry.path, entry.detail, entry.message_id AS messageId, entry.type,
  entry.event, entry.user_id AS userId, entry.ended_at_ms AS endedAtMs, entry.settings_version AS settingsVersion,
  coalesce(request.received_at_ms, entry.ended_at_ms) AS receivedAtMs, request.source`

/** Endings, each with the request that its message came in: the row of the log that ends at it or next after it says which. */
export const endedRows = `entries entry LEFT JOIN requests request ON request.id = (
    SELECT log.request_id FROM lane_log log
    WHERE log.lane_id = entry.lane_id AND log.last_seq >= entry.seq ORDER BY log.last_seq LIMIT 1)`

/** What only an archive holds came by the replay that read it. */
const sourceOf = (lane: LaneName, door: RequestSource | null): string | undefined =>
  door === 'archive' ? lane : (door ?? undefined)

type Lane = Pick<LaneRow, 'id' | 'name' | 'connectionId'>

export function endedEntry(lane: Lane, row: EndedRow): Entry {
  return {
    id: entryId(lane.id, row.seq),
    connectionId: lane.connectionId,
    lane: lane.name,
    source: sourceOf(lane.name, row.source),
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

type Seen = Mapped['seen']

/** Lanes that map nothing are read like those whose messages they share. */
const readAs = (lane: LaneName): LaneName => (lane === 'audiences' ? 'events' : lane)

/** Parses a body once and answers what can be read of each of its messages. */
export function readMessages({ name }: Lane, row: LogRow, body: Uint8Array): (item: number) => Seen {
  const unpacked = unpackForLane(name, row, body)
  if (!unpacked.ok) return () => ({})
  const receipt = receiptOf(row, unpacked.batch)
  return (item) => mapForLane(readAs(name), unpacked.items[item], receipt, defaultSettings)?.seen ?? {}
}

/** The entry of a message that no drain has ended, with what can be read of it. */
export function pendingEntry(lane: Lane, row: LogRow, seq: number, seen: Seen): Entry {
  return {
    id: entryId(lane.id, seq),
    connectionId: lane.connectionId,
    lane: lane.name,
    source: sourceOf(lane.name, row.source),
    messageId: seen.messageId ?? madeMessageId(row.requestId, itemAt(row, seq)),
    outcome: 'pending',
    reason: undefined,
    path: undefined,
    detail: undefined,
    type: seen.type,
    event: seen.event,
    userId: seen.userId,
    receivedAtMs: row.receivedAtMs,
    endedAtMs: undefined,
    settingsVersion: undefined,
  }
}

/** The position of an entry in its lane. */
export function seqOf(entry: Entry): number {
  return parseEntryId(entry.id)?.seq ?? 0
}
