/** `npx causeway messages`: what came in and what became of it; one message with its whole story. */
import type { components } from '../../../console/api/schema.d.ts'
import { ok } from '../api.ts'
import { given, oneOf, wholeNumber } from '../arguments.ts'
import type { Cli } from '../cli.ts'
import { pickConnection, withConnection, type ConnectionOption } from '../connection.ts'
import type { Register } from '../program.ts'
import { facts, table } from '../table.ts'
import { join, paint, painted, shown, shownJson, type Shown } from '../text.ts'
import { parseWhenGiven, shortTime, whenSays } from '../when.ts'

type Schemas = components['schemas']
type Entry = Schemas['Entry']
type Story = Schemas['EntryStory']
const outcomes = ['pending', 'delivered', 'filtered', 'skipped', 'rejected'] as const
const pageMax = 500

interface SearchOptions extends ConnectionOption {
  lane?: string
  outcome?: (typeof outcomes)[number]
  event?: string
  userId?: string
  messageId?: string
  since?: string
  until?: string
  cursor?: string
  limit: number
  all?: true
}

const examples = `
Newest first. Times: ${whenSays}.

Examples:
  $ npx causeway messages --outcome rejected --since 1d
  $ npx causeway messages --user-id ada --event "Order Completed"
  $ npx causeway messages --all --json > messages.ndjson
  $ npx causeway messages show <id>`

export const register: Register = (group, act) => {
  withConnection(
    group.command('search', { isDefault: true }).description('list them; what `messages` alone does'),
  )
    .option('--lane <lane>', 'of this lane')
    .option('--outcome <outcome>', `with this outcome: ${outcomes.join(', ')}`, oneOf(outcomes))
    .option('--event <name>', 'of this event')
    .option('--user-id <id>', 'of this user')
    .option('--message-id <id>', 'with this messageId')
    .option('--since <time>', 'received from then on')
    .option('--until <time>', 'received before then')
    .option('-n, --limit <n>', `how many, at most ${pageMax}`, wholeNumber(1, pageMax), 50)
    .option('--cursor <cursor>', 'go on where a page ended')
    .option('--all', 'every page; with --json a line each')
    .addHelpText('after', examples)
    .action(act((cli, options: SearchOptions) => search(cli, options)))
  group
    .command('show <id>')
    .description('one message: as received, as mapped, every attempt')
    .action(act((cli, id: string) => show(cli, id)))
}

async function search(
  cli: Cli,
  { connection, since, until, limit, cursor, all, ...filter }: SearchOptions,
): Promise<void> {
  const nowMs = cli.io.nowMs()
  const { id } = await pickConnection(cli, connection)
  const fixed = given({ ...filter, since: parseWhenGiven(since, nowMs), until: parseWhenGiven(until, nowMs) })
  const page = (after: string | undefined, size: number) => {
    const query = { ...fixed, limit: size, ...given({ cursor: after }) }
    return ok(cli.api.GET('/api/v1/connections/{id}/messages', { params: { path: { id }, query } }))
  }
  if (all !== true) {
    const found = await page(cursor, limit)
    await cli.answer(found, () => shownPage(cli, found))
    return
  }
  for (let after = cursor, isFirst = true; ; isFirst = false) {
    const found = await page(after, pageMax)
    if (cli.isJson) for (const entry of found.data) await cli.tell(entry, () => shown``)
    else if (found.data.length > 0 || isFirst) await cli.say(entryTable(cli, found.data))
    if (found.nextCursor === null) return
    after = found.nextCursor
  }
}

function shownPage(
  cli: Cli,
  { data, nextCursor, cut }: { data: Entry[]; nextCursor: string | null; cut: boolean },
): Shown {
  if (nextCursor === null) return entryTable(cli, data)
  const why = cut ? 'The search stopped before the end of the store' : 'There is more'
  return join([entryTable(cli, data), paint.faint(`${why}: --all, or --cursor ${nextCursor}`)])
}

function entryTable(cli: Cli, entries: readonly Entry[]): Shown {
  if (entries.length === 0) return paint.faint('No message fits.')
  const head = ['id', 'received', 'lane', 'outcome', 'type', 'event', 'user', 'why']
  const rows = entries.map((entry) => [
    ...[entry.id, shortTime(entry.receivedAt), entry.lane, painted(entry.outcome), entry.type],
    ...[entry.event, entry.userId, [entry.reason, entry.detail].filter(Boolean).join(': ')],
  ])
  return table(head, rows, { columns: cli.columns })
}

async function show(cli: Cli, id: string): Promise<void> {
  const story = await ok(cli.api.GET('/api/v1/messages/{id}', { params: { path: { id } } }))
  await cli.answer(story, () => shownStory(story))
}

/** All that is known of a message, in the order in which it happened. */
export function shownStory(story: Story): Shown {
  const { received, mapped, warnings, attempts, related } = story
  const answered = attempts.map(({ at, status, code, durationMs, entries, answer }) => [
    ...[shortTime(at), status ?? '-', code, durationMs, entries, answer],
  ])
  const section = (title: string, text: Shown): Shown[] => [shown``, paint.head(title), text]
  return join([
    facts([
      ['id', story.id],
      ['messageId', story.messageId],
      ['connection', story.connectionId],
      ['lane', story.lane],
      ['outcome', painted(story.outcome)],
      ['reason', story.reason],
      ['at', story.path],
      ['detail', story.detail],
      ['type', story.type],
      ['event', story.event],
      ['user', story.userId],
      ['received', shortTime(story.receivedAt)],
      ['ended', story.endedAt && shortTime(story.endedAt)],
      ['settings', story.settingsVersion === undefined ? undefined : `version ${story.settingsVersion}`],
      ['also', related.join(', ')],
    ]),
    ...(received === undefined ? [] : section('As received', shownJson(received))),
    ...(mapped === undefined ? [] : section('As mapped', shownJson(mapped))),
    ...(warnings.length === 0 ? [] : section('Warnings', shownWarnings(warnings))),
    ...(answered.length === 0
      ? []
      : section('Attempts', table(['at', 'status', 'means', 'ms', 'events', 'answer'], answered))),
  ])
}

export const shownWarnings = (warnings: readonly { code: string; path: string; message: string }[]): Shown =>
  join(warnings.map(({ code, path, message }) => shown`${paint.odd(code)} ${path}: ${message}`))
