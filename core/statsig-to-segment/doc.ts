/** The field table as a page for people; `docs/mapping-outbound.md` is made of it, so it cannot drift from the code. */
import { fieldRows, ruledRows, type FieldRow, type OutKind, type RuledRow } from './fields.ts'

/** Renders the whole mapping as Markdown. */
export function outboundMappingDoc(): string {
  return [
    '# From a Statsig event to a Segment track call',
    '',
    'Generated from `core/statsig-to-segment/fields.ts`. Sources are tried in order; the first usable value is taken, and a',
    'field without one is left out. A dotted source is a path in the event; `request` is the envelope of an SDK request,',
    '`receipt` and `settings` are what Causeway knows besides it.',
    '',
    ...section('Events and exposures', 'event'),
    ...section('Config changes', 'config_change'),
  ].join('\n')
}

function section(title: string, kind: OutKind): string[] {
  const rows = [...ruledRows, ...fieldRows].filter(({ kinds }) => kinds.includes(kind)).map(rowLine)
  const head = ['| track field | from | as | why |', '| --- | --- | --- | --- |']
  return [`## ${title}`, '', ...head, ...rows, '']
}

function rowLine(row: FieldRow | RuledRow): string {
  const as = 'rule' in row ? `${row.as} (\`${row.rule}\`)` : row.as
  const cells = [code(row.target), row.from.map(code).join(', '), as, row.why]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

const code = (text: string): string => `\`${text}\``
