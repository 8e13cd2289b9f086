/** docs/config.md and .env.example, written from the table of settings. `npm run generate` puts them in place. */
import { settings } from './config-table.ts'
import type { Setting } from './config-table.ts'

const rows: Setting<unknown>[] = Object.values(settings)

/** `.env.example`: each setting commented out at its default, with its sentence above it. */
export function envExample(): string {
  const entries = rows.map(({ name, default: byDefault, otherwise, says }) => {
    const unset = otherwise === undefined ? '' : ` Default: ${otherwise.replaceAll('`', '')}.`
    return `# ${says}${unset}\n#${name}=${byDefault ?? ''}\n`
  })
  return [
    '# Copy to .env and set what you need; everything has a default. An empty value counts as not set.\n',
    ...entries,
  ].join('\n')
}

/** docs/config.md: the same as a table. */
export function configDoc(): string {
  const lines = rows.map(({ name, kind, default: byDefault, otherwise, says }) => {
    const value = otherwise ?? (byDefault ? `\`${byDefault}\`` : 'none')
    return `| \`${name}\` | ${kind.label} | ${value} | ${says} |`
  })
  return [
    '# Configuration',
    '',
    'Environment variables, or lines of a `.env` file in the working folder (the environment wins). An empty value',
    'counts as not set. Durations are `90s`, `15m`, `1h`, `7d`, or a number of milliseconds.',
    'This page is generated from `core/config-table.ts` by `npm run generate`.',
    '',
    '| name | kind | default | what it is for |',
    '|---|---|---|---|',
    ...lines,
    '',
  ].join('\n')
}
