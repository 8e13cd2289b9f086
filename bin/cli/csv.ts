/** CSV (RFC 4180) as rows by the names in its first line, however its chunks are cut. */
import type { Readable } from 'node:stream'

export async function* csvRows(chunks: Readable): AsyncGenerator<Record<string, string>, void> {
  let head: string[] | undefined
  for await (const cells of csvLines(chunks)) {
    if (head === undefined) head = cells
    else {
      const pairs = head.map((name, index) => [name, cells[index] ?? ''] as const)
      yield Object.fromEntries(pairs.filter(([, value]) => value !== ''))
    }
  }
}

/** Lines of cells. A quote that closes may turn out to be the first of two, so the state outlives a chunk. */
async function* csvLines(chunks: Readable): AsyncGenerator<string[], void> {
  let cells: string[] = []
  let cell = ''
  let isQuoted = false
  let wasQuote = false
  const endLine = (): string[] => {
    const line = [...cells, cell]
    ;[cells, cell, isQuoted, wasQuote] = [[], '', false, false]
    return line
  }
  for await (const chunk of chunks.setEncoding('utf8') as AsyncIterable<string>)
    for (const character of chunk) {
      if (isQuoted && !wasQuote) {
        if (character === '"') wasQuote = true
        else cell += character
      } else if (wasQuote && character === '"') {
        cell += '"'
        wasQuote = false
      } else if (character === ',') {
        cells.push(cell)
        ;[cell, isQuoted, wasQuote] = ['', false, false]
      } else if (character === '\n') yield endLine()
      else if (character === '"' && cell === '') isQuoted = true
      else if (character !== '\r') cell += character
    }
  if (cell !== '' || cells.length > 0) yield endLine()
}
