/**
 * A past window of our own store: references to what is held, lane by lane. It ends where the lanes were when the job
 * was first read, so that what comes in meanwhile is not waited for.
 */
import { mapForLane } from '../core/directions.ts'
import type { ExportSpec, ReplaySpec } from '../core/jobs.ts'
import type { StandingLane } from '../core/lanes.ts'
import type { Filling, JobStore, LaneStore, LogRow } from '../core/ports.ts'
import { defaultSettings } from '../core/settings.ts'
import { parseBody, receiptOf, unpackStored } from '../core/stored-request.ts'
import type { Filler } from './fillers.ts'

export interface StoreFillerDeps {
  jobs: JobStore
  lanes: Pick<LaneStore, 'body'>
}

/** Where it is: which lane, behind which row, how many items into the next one; and where each lane ends. */
export interface StorePlace {
  lane: number
  after: number
  skip: number
  heads: Record<string, number>
}

/** Log rows that one look covers; a row may be one message or a batch of very many. */
const rowsMax = 500
const entriesMax = 1_000

/** The lanes that a window is read from, by what the job delivers to. */
export const windowLanes = { events: ['events', 'late'], outbound: ['outbound'] } as const satisfies Partial<
  Record<StandingLane, StandingLane[]>
>

export function createStoreFiller({ jobs, lanes }: StoreFillerDeps): Filler {
  return async function* (job) {
    const { connectionId } = job
    const spec = job.spec as ReplaySpec | ExportSpec
    const names: readonly StandingLane[] = windowLanes[job.handler === 'outbound' ? 'outbound' : 'events']
    const { heads, ...place } = (job.checkpoint as StorePlace | undefined) ?? {
      ...{ lane: 0, after: 0, skip: 0 },
      heads: await jobs.heads(connectionId, [...names]),
    }
    const unitsTotal = names.reduce((sum, name) => sum + (heads[name] ?? 0), 0)
    let unitsBefore = 0
    for (const [lane, name] of names.entries()) {
      const upTo = heads[name] ?? 0
      let after = lane < place.lane ? upTo : lane === place.lane ? place.after : 0
      let skip = lane === place.lane ? place.skip : 0
      while (after < upTo) {
        const window = { after, upTo, fromMs: spec.fromMs, toMs: spec.toMs, limit: rowsMax }
        const found = await jobs.windowRows(connectionId, name, window)
        const selected = await select(lanes, spec, name, found.rows)
        let done = after
        for (const { after: at = done, skip: left, ...step } of inSteps(selected, skip, found.lookedUpTo)) {
          const checkpoint: StorePlace = { lane, after: at, skip: left, heads }
          const outsideWindow = countBetween(found.outside, done, at)
          const units = { unitsTotal, unitsDone: unitsBefore + at }
          yield { ...step, filling: { ...step.filling, checkpoint, outsideWindow, ...units } }
          done = at
        }
        ;[after, skip] = [found.lookedUpTo, 0]
      }
      unitsBefore += upTo
    }
  }
}

/** Entries outside the window that a step passes: told with it, so that a crash neither loses nor repeats them. */
function countBetween(outside: { lastSeq: number; count: number }[], after: number, upTo: number): number {
  const passed = outside.filter(({ lastSeq }) => lastSeq > after && lastSeq <= upTo)
  return passed.reduce((sum, { count }) => sum + count, 0)
}

type Reference = NonNullable<Filling['references']>[number]

/** What is wanted of one row of a log. */
interface Selected {
  row: LogRow
  items: number[]
  notSelected: number
}

interface Step {
  /** The last row that is done with; undefined: none of this look. */
  after: number | undefined
  /** Items of the row behind it that are done. */
  skip: number
  entries: number
  filling: { references: Reference[]; notSelected: number }
}

/** Steps of at most a thousand entries. A request of very many messages takes several. */
function* inSteps(selected: Selected[], skipFirst: number, lookedUpTo: number): Generator<Step> {
  let step: Step = {
    after: undefined,
    skip: skipFirst,
    entries: 0,
    filling: { references: [], notSelected: 0 },
  }
  for (const [index, { row, items, notSelected }] of selected.entries()) {
    let from = index === 0 ? skipFirst : 0
    if (from === 0) step.filling.notSelected += notSelected
    while (from < items.length) {
      const taken = items.slice(from, from + entriesMax - step.entries)
      const isWhole = taken.length === row.lastSeq - row.firstSeq + 1 && row.items === undefined
      const reference = { requestId: row.requestId, items: isWhole ? undefined : taken, sole: row.sole }
      step.filling.references.push({ ...reference, count: taken.length })
      step.entries += taken.length
      from += taken.length
      step.skip = from
      if (step.entries < entriesMax) continue
      if (from === items.length) [step.after, step.skip] = [row.lastSeq, 0]
      yield step
      step = { ...step, entries: 0, filling: { references: [], notSelected: 0 } }
    }
    ;[step.after, step.skip] = [row.lastSeq, 0]
  }
  yield { ...step, after: lookedUpTo, skip: 0 }
}

/** The items of each row that are wanted; without names and types, all of them, unread. */
async function select(
  lanes: Pick<LaneStore, 'body'>,
  spec: ReplaySpec | ExportSpec,
  lane: StandingLane,
  rows: LogRow[],
): Promise<Selected[]> {
  const { events, types } = spec as ReplaySpec
  const selected: Selected[] = []
  let open: { requestId: number; isWanted: (item: number) => boolean } | undefined
  for (const row of rows) {
    const all = row.items ?? Array.from({ length: row.lastSeq - row.firstSeq + 1 }, (_, item) => item)
    if (events === undefined && types === undefined) {
      selected.push({ row, items: all, notSelected: 0 })
      continue
    }
    if (open?.requestId !== row.requestId) {
      const body = await lanes.body(row.requestId)
      open = { requestId: row.requestId, isWanted: wanted(row, body, lane, { events, types }) }
    }
    const items = all.filter(open.isWanted)
    selected.push({ row, items, notSelected: all.length - items.length })
  }
  return selected
}

interface Selection {
  events: string[] | undefined
  types: readonly string[] | undefined
}

function wanted(
  row: LogRow,
  body: Uint8Array,
  lane: StandingLane,
  spec: Selection,
): (item: number) => boolean {
  const unpacked = unpackStored(row, parseBody(body))
  if (!unpacked.ok) return () => true
  const receipt = receiptOf(row, unpacked.batch)
  return (item) => {
    const seen = mapForLane(lane, unpacked.items[item], receipt, defaultSettings)?.seen
    return isSelected(spec, seen ?? {})
  }
}

/** Whether a message is of the names and types that were asked for. What has no readable type is kept: it will be told. */
function isSelected(
  { events, types }: Selection,
  { event, type }: { event?: string | undefined; type?: string | undefined },
): boolean {
  if (types !== undefined && type !== undefined && !types.includes(type)) return false
  return events === undefined || event === undefined ? events === undefined : events.includes(event)
}
