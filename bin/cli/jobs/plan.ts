/** What a dry run found, as tables. */
import { join, paint, shown, type Shown } from '../text.ts'
import { facts, table } from '../table.ts'
import { grouped, lengthOf } from '../when.ts'
import type { Plan } from './kinds.ts'

/** Lines of a table; a store may know thousands of event names. */
const linesMax = 20

/** What would be sent and what not, by day, type and event. */
export function shownPlan(plan: Plan, columns?: number): Shown {
  const { total, deliverable, delivered, tooOld, outsideWindow, notSelected } = plan
  const sum = (counts: Record<string, number>) => Object.values(counts).reduce((all, count) => all + count, 0)
  const count = (value: number): string | undefined => (value === 0 ? undefined : grouped(value))
  const parts = [
    facts([
      ['messages found', grouped(total)],
      ['would be sent', paint.good(grouped(deliverable))],
      ['delivered before', count(delivered)],
      ['too old', count(tooOld)],
      ['filtered', count(sum(plan.filtered))],
      ['skipped', count(sum(plan.skipped))],
      ['rejected', count(sum(plan.rejected))],
      ['outside the window', count(outsideWindow)],
      ['not selected', count(notSelected)],
      ['takes about', lengthOf(plan.estimateSeconds)],
    ]),
    ...section('by day', plan.byDay, byName, columns),
    ...section('by type', plan.byType, byCount, columns),
    ...section('by event', plan.byEvent, byCount, columns),
    ...section('filtered by', plan.filtered, byCount, columns),
    ...section('skipped as', plan.skipped, byCount, columns),
    ...section('rejected as', plan.rejected, byCount, columns),
    ...section('odd in the source', plan.notes, byCount, columns),
  ]
  return join([...parts, shown``, paint.faint('A plan: nothing was sent.')])
}

type Row = [string, number]
const byName = ([a]: Row, [b]: Row): number => (a < b ? -1 : 1)
const byCount = ([, a]: Row, [, b]: Row): number => b - a

function section(
  title: string,
  counts: Record<string, number>,
  order: (a: Row, b: Row) => number,
  columns?: number,
): Shown[] {
  const rows = Object.entries(counts).sort(order)
  if (rows.length === 0) return []
  const more = rows.length - linesMax
  return [
    shown``,
    table(
      [title, 'messages'],
      rows.slice(0, linesMax).map(([name, count]) => [name, count]),
      { columns },
    ),
    ...(more > 0 ? [paint.faint(`and ${more} more: --json has all`)] : []),
  ]
}
