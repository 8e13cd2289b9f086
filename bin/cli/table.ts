/** Rows of text in columns, as wide as they need to be. */
import { cut, join, padded, paint, shown, type Shown } from './text.ts'

type Cell = Shown | string | number | undefined
const gap = '  '
/** A column that would push the others off the screen keeps this much. */
const narrowest = 12

const toCell = (cell: Cell): Shown => (typeof cell === 'object' ? cell : shown`${cell}`)

export interface TableOptions {
  /** Width of the screen; absent: nothing is cut, as for a pipe. */
  columns?: number | undefined
}

/** A head and rows. Numbers stand right; the widest columns give way where the screen is too narrow. */
export function table(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  { columns }: TableOptions = {},
): Shown {
  const cells = rows.map((row) => head.map((_, index) => toCell(row[index])))
  const isNumber = head.map(
    (_, index) => rows.length > 0 && rows.every((row) => typeof row[index] === 'number'),
  )
  const natural = head.map((name, index) =>
    Math.max(name.length, ...cells.map((row) => Array.from(row[index]?.plain ?? '').length)),
  )
  const widths = columns === undefined ? natural : fitted(natural, columns - gap.length * (head.length - 1))
  const line = (row: readonly Shown[]): Shown =>
    join(
      row.map((cell, index) => {
        const width = widths[index] ?? 0
        const isLast = index === row.length - 1
        const text = cut(cell, width)
        return isLast && !isNumber[index] ? text : padded(text, width, isNumber[index] ? 'right' : 'left')
      }),
      gap,
    )
  return join([line(head.map((name) => paint.faint(name))), ...cells.map(line)])
}

/** Takes from the widest column until all fit, or none can give more. */
function fitted(natural: readonly number[], room: number): number[] {
  const widths = [...natural]
  for (let over = widths.reduce((sum, width) => sum + width, 0) - room; over > 0;) {
    const widest = widths.indexOf(Math.max(...widths))
    const width = widths[widest] ?? 0
    const next = Math.max(narrowest, ...widths.filter((other) => other < width))
    const given = Math.min(over, width - next)
    if (width <= narrowest) break
    widths[widest] = width - Math.max(1, given)
    over -= Math.max(1, given)
  }
  return widths
}

/** Names and values, a line each; what is absent is left out. */
export function facts(rows: readonly (readonly [name: string, value: Cell])[]): Shown {
  const present = rows.filter(([, value]) => value !== undefined && value !== '')
  const width = Math.max(0, ...present.map(([name]) => name.length))
  return join(present.map(([name, value]) => join([padded(paint.faint(name), width), toCell(value)], gap)))
}
