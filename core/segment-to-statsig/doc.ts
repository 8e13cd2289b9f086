/** The field table as a page for people; `docs/mapping.md` is made of it, so it cannot drift from the code. */
import { fieldRows, ruledRows, type FieldRow, type RuledRow } from './fields.ts'

/** Renders the whole mapping as Markdown. */
export function mappingDoc(): string {
  const rows = [...ruledRows.map(ruledLine), ...fieldRows.map(fieldLine)]
  return [
    '# From a Segment message to a Statsig event',
    '',
    'Generated from `core/segment-to-statsig/fields.ts`. Sources are tried in order; the first usable value is taken.',
    'A dotted source is a path in the message; `receipt` and `settings` are what Causeway knows besides it.',
    '',
    '| Statsig field | calls | from | as | otherwise | why |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n')
}

function ruledLine({ target, from, as, rule, default: otherwise, why }: RuledRow): string {
  return line([code(target), 'all', sources(from), `${as} (\`${rule}\`)`, otherwise ?? '', why])
}

function fieldLine({ target, types, from, as, default: otherwise, why }: FieldRow): string {
  const fallback = otherwise === undefined ? '' : code(otherwise)
  return line([code(target), types?.join(', ') ?? 'all', sources(from), as, fallback, why])
}

function sources(from: readonly string[]): string {
  return from.map(code).join(', ')
}

function code(text: string): string {
  return `\`${text}\``
}

function line(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}
