/**
 * How entries become requests: as few and as full as the vendor takes them. A run is cut into parts that fill a
 * request each; the rest behind the last full one stays in the lane, to begin the next run.
 */
import type { ConnectionSettings } from '../core/settings.ts'
import type { LogRow } from '../core/ports.ts'
import type { LaneHandler } from './lane-handler.ts'
import type { Decided } from './read-run.ts'

/** Entries that one run reads where a request takes a thousand: one full batch, and a commit of a few milliseconds. */
const runEntriesMax = 1_000
/** Of larger requests: several full ones, so that little of what was decided stays over and is decided again. */
const wideRunEntriesMax = 10_000

/** How many entries a run of this handler reads. */
export function runEntriesOf({ limits }: LaneHandler): number {
  return limits.entriesMax > runEntriesMax ? wideRunEntriesMax : runEntriesMax
}

/** Consecutive parts, each at most what one request takes. A comma is counted for each event. */
export function cutIntoParts(
  run: Decided[],
  isSent: (entry: Decided) => boolean,
  { entriesMax, bytesMax }: LaneHandler['limits'],
): Decided[][] {
  const parts: Decided[][] = []
  let part: Decided[] = []
  let [count, bytes] = [0, 0]
  for (const entry of run) {
    const size = isSent(entry) ? sizeOf(entry) : 0
    if (size > 0 && count > 0 && (count >= entriesMax || bytes + size - 1 > bytesMax)) {
      parts.push(part)
      part = []
      ;[count, bytes] = [0, 0]
    }
    part.push(entry)
    if (size > 0) [count, bytes] = [count + 1, bytes + size]
  }
  if (part.length > 0) parts.push(part)
  return parts
}

const sizeOf = ({ verdict }: Decided): number =>
  verdict.kind === 'mapped' ? Buffer.byteLength(verdict.event) + 1 : 0
const isMapped = ({ verdict }: Decided): boolean => verdict.kind === 'mapped'

/** What of a run is to be delivered at once, or how it waits for more. */
export interface Batch {
  run: Decided[]
  /** The run is less than one request takes, and all that the lane has. */
  isFilling: boolean
}

/** Only handlers that fill their requests leave a rest. `isAll`: the lane has nothing behind the run. */
export function wholeParts(run: Decided[], isAll: boolean, { fillMs, limits }: LaneHandler): Batch {
  if (fillMs === undefined) return { run, isFilling: false }
  const parts = cutIntoParts(run, isMapped, limits)
  if (parts.length > 1) return { run: parts.slice(0, -1).flat(), isFilling: false }
  return { run, isFilling: isAll && run.some(isMapped) }
}

/** Whether the rows behind the cursor end with the run. */
export function isAllOf(rows: LogRow[], cursor: number, run: Decided[], max: number): boolean {
  const behind = (rows.at(-1)?.lastSeq ?? cursor) - cursor
  return behind < max && run.length === behind
}

/** The rows that may leave by now, and until when the first of the others waits. */
export function releasedRows(
  rows: LogRow[],
  handler: LaneHandler,
  settings: ConnectionSettings,
  nowMs: number,
): { rows: LogRow[]; untilMs: number | undefined } {
  const { releaseAtMs } = handler
  if (releaseAtMs === undefined) return { rows, untilMs: undefined }
  const held = rows.findIndex(({ receivedAtMs }) => releaseAtMs(receivedAtMs, settings) > nowMs)
  if (held === -1) return { rows, untilMs: undefined }
  return { rows: rows.slice(0, held), untilMs: releaseAtMs(rows[held]?.receivedAtMs ?? 0, settings) }
}

/** How long a partial run may wait for more: until `fillMs` after the lane's last request. */
export function createFill(fillMs: number | undefined) {
  let sentAtMs = -Infinity
  return {
    sent: (nowMs: number) => void (sentAtMs = nowMs),
    waitMs: ({ isFilling }: Batch, nowMs: number): number =>
      isFilling && fillMs !== undefined ? Math.max(0, sentAtMs + fillMs - nowMs) : 0,
  }
}

/** Two parts with as many of those that are sent, to find out which of them the vendor refuses. */
export function halve(part: Decided[], isSent: (entry: Decided) => boolean): [Decided[], Decided[]] {
  const sent = part.filter(isSent)
  const middle = sent[Math.ceil(sent.length / 2)]?.seq ?? Infinity
  return [part.filter(({ seq }) => seq < middle), part.filter(({ seq }) => seq >= middle)]
}
