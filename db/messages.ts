/**
 * Entries as the explorer lists them, newest first across lanes. Within a lane the order is that of positions, which
 * never change: a page says for each lane from which position the next one goes down, so nothing comes twice and
 * nothing is left out, whatever is appended or ended in between.
 */
import { parseEntryId } from '../core/ids.ts'
import type { Entry, MessageStore } from '../core/ports.ts'
import { pageBudget, spend } from './budget.ts'
import type { Db } from './client.ts'
import { laneColumns, seqOf, type LaneRow } from './entry.ts'
import { prepareScan, type Scan } from './scan.ts'
import { prepareStory } from './story.ts'

/** For each lane, by its number: only positions below this one are still to come. */
type Place = Record<string, number>

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
      .filter(({ name }) => query.lane === undefined || name === query.lane)
      // A lane that was made after the first page holds only what is newer than the page.
      .map((lane) => ({ lane, before: place ? (place[lane.id] ?? 1) : lane.head + 1 }))
      .filter(({ before }) => before > 1)
      .map((look, index, { length }) =>
        spend(budget, length - index, (share) => scanLane({ ...look, query, limit, budget: share })),
      )
    const { entries, rest } = mergeNewestFirst(scans, limit)
    const isMore = rest.some(({ entries, isAtEnd }) => entries.length > 0 || !isAtEnd)
    return {
      entries,
      next: isMore ? writePlace(rest) : undefined,
      cut: isMore && entries.length < limit,
    }
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

type Snapshot<F extends (...args: never[]) => Promise<unknown>> = (
  ...args: Parameters<F>
) => Awaited<ReturnType<F>>

/**
 * Takes the newest of the lanes' next entries until the page is full. A lane whose look was cut short may hold
 * something as new as its floor: once that would be next, the page ends early.
 */
function mergeNewestFirst(scans: Scan[], limit: number): { entries: Entry[]; rest: Scan[] } {
  const entries: Entry[] = []
  const rest = scans.map((scan) => ({ ...scan, entries: [...scan.entries] }))
  const nextAtMs = (scan: Scan) => scan.entries[0]?.receivedAtMs ?? scan.floorAtMs
  while (entries.length < limit) {
    const newest = rest.reduce<Scan | undefined>(
      (best, scan) => (best && nextAtMs(best) >= nextAtMs(scan) ? best : scan),
      undefined,
    )
    const entry = newest?.entries.shift()
    if (!entry) break
    entries.push(entry)
  }
  return { entries, rest }
}

/** What was found but not shown comes again on the next page. */
function writePlace(rest: Scan[]): string {
  const place: Place = {}
  for (const { laneId, entries, floor } of rest) place[laneId] = entries[0] ? seqOf(entries[0]) + 1 : floor
  return Buffer.from(JSON.stringify(place)).toString('base64url')
}

/** A cursor that is not one of ours begins at the top. */
function readPlace(after: string): Place | undefined {
  try {
    const place: unknown = JSON.parse(Buffer.from(after, 'base64url').toString())
    const isPlace =
      typeof place === 'object' && place !== null && Object.values(place).every(Number.isSafeInteger)
    return isPlace ? (place as Place) : undefined
  } catch {
    return undefined
  }
}
