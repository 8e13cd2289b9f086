/**
 * Entries as the explorer lists them, newest first across lanes. Within a lane the order is that of positions, which
 * never change: a page says for each lane which positions the next one is to look at, so nothing comes twice and nothing
 * is left out, whatever is appended or ended in between.
 */
import { parseEntryId } from '../core/ids.ts'
import { laneKindOf, type LaneName } from '../core/lanes.ts'
import type { Entry, MessageStore } from '../core/ports.ts'
import { pageBudget, spend } from './budget.ts'
import type { Db } from './client.ts'
import { laneColumns, seqOf, type LaneRow } from './entry.ts'
import { prepareScan, type Scan, type Span } from './scan.ts'
import { prepareStory } from './story.ts'

/** For each lane, by its number: the spans of positions that are still to come, as `[low, high]`. */
type Place = Partial<Record<string, [low: number, high: number][]>>

/** A search of a lane that is drained meanwhile would part it into ever more; from here on its spans wait for each other. */
const spansMax = 8

export function createMessageStore(db: Db): MessageStore {
  const lanesOf = db.sqlite.prepare<[string], LaneRow>(
    `SELECT ${laneColumns} FROM lanes WHERE connection_id = ? ORDER BY id`,
  )
  const scanLane = prepareScan(db)
  const story = prepareStory(db)

  const list: Snapshot<MessageStore['list']> = (connectionId, query, { after, limit }) => {
    const place = after === undefined ? undefined : readPlace(after)
    const budget = pageBudget()
    const scans = lanesOf
      .all(connectionId)
      .filter(({ name }) => (query.lane === undefined ? !isRedrive(name) : name === query.lane))
      .flatMap((lane) => spansOf(lane, place).map((span, _, { length }) => ({ lane, span, beside: length })))
      .flatMap(({ lane, span, beside }, index, { length }) =>
        spend(budget, length - index, (share) =>
          scanLane({ lane, span, query, limit, budget: share }, beside < spansMax),
        ),
      )
    const { entries, rest, isCut } = mergeNewestFirst(scans, limit)
    const isMore = rest.some(({ entries, isAtEnd }) => entries.length > 0 || !isAtEnd)
    return { entries, next: isMore ? writePlace(rest) : undefined, cut: isMore && isCut }
  }
  const inSnapshot = {
    list: db.sqlite.transaction(list),
    get: db.sqlite.transaction(story),
  }

  return {
    list: async (connectionId, query, page) => inSnapshot.list(connectionId, query, page),
    async get(id) {
      const parts = parseEntryId(id)
      return parts && inSnapshot.get(parts)
    },
  }
}

/** What a redrive takes stays where it was and changes there: its own lane would list each message a second time. */
const isRedrive = (lane: LaneName): boolean => laneKindOf(lane) === 'redrive'

type Snapshot<F extends (...args: never[]) => Promise<unknown>> = (
  ...args: Parameters<F>
) => Awaited<ReturnType<F>>

/** What of a lane is to be looked at. One that was made after the first page holds only what is newer than the page. */
function spansOf({ id, head }: LaneRow, place: Place | undefined): Span[] {
  if (place === undefined) return head > 0 ? [{ low: 1, high: head + 1 }] : []
  return (place[id] ?? []).map(([low, high]) => ({ low, high })).filter(({ low, high }) => high > low)
}

/**
 * Takes the newest of the next entries until the page is full. Where a look was cut short, there may be something as
 * new as its floor: once that would be next, the page ends early. In a search a backlog that was cut ends only what
 * waits: what was ended is found however long the backlog is, and the page says that it was cut.
 */
function mergeNewestFirst(scans: Scan[], limit: number): { entries: Entry[]; rest: Scan[]; isCut: boolean } {
  const entries: Entry[] = []
  const rest = scans.map((scan) => ({ ...scan, entries: [...scan.entries] }))
  const nextAtMs = (scan: Scan) => scan.entries[0]?.receivedAtMs ?? scan.floorAtMs
  let isBacklogCut = false
  while (entries.length < limit) {
    const newest = rest
      .filter(({ isBacklog }) => !(isBacklog && isBacklogCut))
      .reduce<Scan | undefined>(
        (best, scan) => (best && nextAtMs(best) >= nextAtMs(scan) ? best : scan),
        undefined,
      )
    const entry = newest?.entries.shift()
    if (entry) entries.push(entry)
    else if (newest?.isBacklog === true && !newest.isAtEnd) isBacklogCut = true
    else break
  }
  return { entries, rest, isCut: isBacklogCut || entries.length < limit }
}

/** What was found but not shown comes again on the next page. */
function writePlace(rest: Scan[]): string {
  const place: Place = {}
  for (const { laneId, entries, low, floor, isAtEnd } of rest) {
    const high = entries[0] ? seqOf(entries[0]) + 1 : isAtEnd ? low : floor
    if (high > low) (place[laneId] ??= []).push([low, high])
  }
  return Buffer.from(JSON.stringify(place)).toString('base64url')
}

/** A cursor that is not one of ours begins at the top. */
function readPlace(after: string): Place | undefined {
  try {
    const place: unknown = JSON.parse(Buffer.from(after, 'base64url').toString())
    const isPlace = typeof place === 'object' && place !== null && Object.values(place).every(areSpans)
    return isPlace ? place : undefined
  } catch {
    return undefined
  }
}

const areSpans = (spans: unknown): boolean =>
  Array.isArray(spans) &&
  spans.length <= 2 * spansMax &&
  spans.every((span) => Array.isArray(span) && span.length === 2 && span.every(Number.isSafeInteger))
