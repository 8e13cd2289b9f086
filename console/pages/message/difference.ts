/** The difference of two lists of lines, by their longest common part. Pure. */

export interface Line {
  kind: 'same' | 'added' | 'removed'
  text: string
}

/** Beyond it the middle is told as taken out and put in whole: the table of the comparison grows by the product. */
const cellsMax = 1_000_000

export function differenceOf(before: readonly string[], after: readonly string[]): Line[] {
  let head = 0
  while (head < before.length && head < after.length && before[head] === after[head]) head++
  let tail = 0
  while (
    tail < before.length - head &&
    tail < after.length - head &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  )
    tail++
  const same = (lines: readonly string[]): Line[] => lines.map((text) => ({ kind: 'same', text }))
  return [
    ...same(before.slice(0, head)),
    ...middleOf(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...same(before.slice(before.length - tail)),
  ]
}

function middleOf(before: readonly string[], after: readonly string[]): Line[] {
  const removed = (text: string): Line => ({ kind: 'removed', text })
  const added = (text: string): Line => ({ kind: 'added', text })
  if (before.length * after.length > cellsMax) return [...before.map(removed), ...after.map(added)]
  const common = commonLengths(before, after)
  const lines: Line[] = []
  let b = 0
  let a = 0
  while (b < before.length || a < after.length) {
    const [was, is] = [before[b], after[a]]
    if (was !== undefined && was === is) {
      lines.push({ kind: 'same', text: was })
      b++
      a++
    } else if (is === undefined || (was !== undefined && at(common, b + 1, a) >= at(common, b, a + 1))) {
      lines.push(removed(was ?? ''))
      b++
    } else {
      lines.push(added(is))
      a++
    }
  }
  return lines
}

const at = (table: readonly number[][], row: number, column: number): number => table[row]?.[column] ?? 0

/** How many lines the rests from each pair of places on have in common. */
function commonLengths(before: readonly string[], after: readonly string[]): number[][] {
  const table = Array.from({ length: before.length + 1 }, () => new Array<number>(after.length + 1).fill(0))
  for (let b = before.length - 1; b >= 0; b--)
    for (let a = after.length - 1; a >= 0; a--) {
      const row = table[b]
      if (row)
        row[a] =
          before[b] === after[a]
            ? at(table, b + 1, a + 1) + 1
            : Math.max(at(table, b + 1, a), at(table, b, a + 1))
    }
  return table
}
