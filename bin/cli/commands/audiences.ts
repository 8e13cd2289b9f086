/** `npx causeway audiences`: Engage audiences and their ID lists: look, sync, decide about removals, load. */
import { Readable } from 'node:stream'
import type { components } from '../../../console/api/schema.d.ts'
import { idempotent, ok, okRaw } from '../api.ts'
import { given, oneOf, wholeNumber } from '../arguments.ts'
import type { Cli } from '../cli.ts'
import { pickConnection, withConnection, type ConnectionOption } from '../connection.ts'
import { misused } from '../failure.ts'
import type { Register } from '../program.ts'
import { openInput } from '../stdin.ts'
import { facts, table } from '../table.ts'
import { join, paint, painted, shown, word, type Shown } from '../text.ts'
import { grouped, shortTime } from '../when.ts'

type Schemas = components['schemas']
type Audience = Schemas['Audience']
type Mode = 'changes' | 'full' | 'reconcile'
const modes = ['changes', 'full'] as const
const memberStates = ['in', 'out', 'adding', 'removing', 'failed', 'set_aside'] as const
const formats = ['csv', 'ndjson'] as const

interface MemberOptions extends ConnectionOption {
  state?: (typeof memberStates)[number]
  id?: string
  cursor?: string
  limit: number
}
interface LoadOptions extends ConnectionOption {
  format?: (typeof formats)[number]
  replace?: boolean
}

const loadHelp = `
NDJSON: "u1" or {"id":"u1","member":false,"timestamp":"…"} a line. CSV: a column of ids, or a head with id, member,
timestamp. The file is streamed, so its size does not matter. Removals wait for approval like any other.

Examples:
  $ npx causeway audiences load big_spenders members.csv
  $ zcat members.ndjson.gz | npx causeway audiences load big_spenders - --format ndjson --replace`

export const register: Register = (group, act) => {
  withConnection(group.command('list', { isDefault: true }).description('all of a connection')).action(
    act((cli, options: ConnectionOption) => list(cli, options)),
  )
  withConnection(group.command('show <key>').description('one: counts, guard, last run')).action(
    act(async (cli, key: string, options: ConnectionOption) => {
      const audience = await ok(
        cli.api.GET('/api/v1/connections/{id}/audiences/{key}', await at(cli, key, options)),
      )
      await cli.answer(audience, () => shownAudience(audience))
    }),
  )
  withConnection(group.command('members <key>').description('its members, by id'))
    .option('--state <state>', `only these: ${memberStates.join(', ')}`, oneOf(memberStates))
    .option('--id <id>', 'only this one')
    .option('-n, --limit <n>', 'how many', wholeNumber(1, 500), 50)
    .option('--cursor <cursor>', 'go on where a page ended')
    .action(act((cli, key: string, options: MemberOptions) => members(cli, key, options)))
  withConnection(group.command('sync <key>').description('bring its list up to date now'))
    .option('--mode <mode>', 'changes, or full: every member is pushed again', oneOf(modes), 'changes')
    .action(act((cli, key: string, options: ConnectionOption & { mode: Mode }) => sync(cli, key, options)))
  withConnection(
    group.command('reconcile <key>').description("compare with Statsig's list, and mend the difference"),
  ).action(
    act((cli, key: string, options: ConnectionOption) => sync(cli, key, { ...options, mode: 'reconcile' })),
  )
  for (const [decision, says] of [
    ['approve', 'let the removals go that the guard holds'],
    ['reject', 'keep on the list whom the guard holds'],
  ] as const)
    withConnection(group.command(`${decision} <key>`).description(says)).action(
      act((cli, key: string, options: ConnectionOption) => decide(cli, key, decision, options)),
    )
  withConnection(
    group.command('load <key> [file]').description('load members, as NDJSON or CSV of any length'),
  )
    .option('--format <format>', 'csv or ndjson; by the name of the file otherwise', oneOf(formats))
    .option('--replace', 'whoever is not named goes out, once all of it has come')
    .addHelpText('after', loadHelp)
    .action(
      act((cli, key: string, file: string | undefined, options: LoadOptions) =>
        load(cli, key, file, options),
      ),
    )
}

/** Path parameters of an audience. */
async function at(
  cli: Cli,
  key: string,
  { connection }: ConnectionOption,
): Promise<{ params: { path: { id: string; key: string } } }> {
  return { params: { path: { id: (await pickConnection(cli, connection)).id, key } } }
}

async function list(cli: Cli, { connection }: ConnectionOption): Promise<void> {
  const { id } = await pickConnection(cli, connection)
  const params = { path: { id }, query: { limit: 500 } }
  const page = await ok(cli.api.GET('/api/v1/connections/{id}/audiences', { params }))
  const head = ['key', 'state', 'desired', 'applied', 'adding', 'removing', 'failed', 'set aside', 'why']
  const rows = page.data.map(({ key, state, counts, reason, guard }) => [
    ...[key, painted(state), counts.desired, counts.applied, counts.adding, counts.removing, counts.failed],
    ...[counts.setAside, reason ?? guard.message],
  ])
  await cli.answer(page, () =>
    rows.length === 0
      ? paint.faint('No audience has come yet.')
      : table(head, rows, { columns: cli.columns }),
  )
}

function shownAudience(audience: Audience): Shown {
  const { counts, guard, lastRun, warnings } = audience
  const run =
    lastRun === null
      ? 'none yet'
      : `${lastRun.mode}, ${lastRun.status}, ${shortTime(lastRun.endedAt)}: ${grouped(lastRun.added)} added, ${grouped(lastRun.removed)} removed, ${grouped(lastRun.failed)} failed in ${grouped(lastRun.calls)} calls`
  return join([
    facts([
      ['key', audience.key],
      [
        'state',
        join(
          [painted(audience.state), ...(audience.reason === null ? [] : [shown`: ${audience.reason}`])],
          '',
        ),
      ],
      ['unit', audience.unit],
      ['list of', audience.unitIdType ?? 'userID'],
      ['makes its list', audience.createList ? 'yes' : 'no'],
      ['removals', audience.removals],
      ['desired', grouped(counts.desired)],
      ['applied', grouped(counts.applied)],
      ['on the way', `${grouped(counts.adding)} in, ${grouped(counts.removing)} out`],
      ['failed', counts.failed === 0 ? undefined : paint.bad(grouped(counts.failed))],
      ['set aside', counts.setAside === 0 ? undefined : paint.odd(grouped(counts.setAside))],
      ['last run', run],
      ['guard', guard.state === 'clear' ? 'clear' : paint.odd(guard.message ?? guard.state)],
      ['held', guard.sample?.join(', ')],
      ['Temporal', audience.temporalUrl],
    ]),
    ...warnings.map(
      ({ code, at: when, message }) => shown`${paint.odd(code)} ${shortTime(when)}: ${message}`,
    ),
  ])
}

async function members(
  cli: Cli,
  key: string,
  { connection, state, id, limit, cursor }: MemberOptions,
): Promise<void> {
  const { params } = await at(cli, key, { connection })
  const query = { limit, ...given({ state, id, cursor }) }
  const page = await ok(
    cli.api.GET('/api/v1/connections/{id}/audiences/{key}/members', { params: { ...params, query } }),
  )
  const rows = page.data.map((member) => [
    member.id ?? '-',
    painted(member.state),
    shortTime(member.at),
    member.error ?? '',
  ])
  const more = page.nextCursor === null ? [] : [paint.faint(`There is more: --cursor ${page.nextCursor}`)]
  await cli.answer(page, () =>
    join([
      rows.length === 0
        ? paint.faint('No member is on this page.')
        : table(['id', 'state', 'since', 'why'], rows, { columns: cli.columns }),
      ...more,
    ]),
  )
}

async function sync(
  cli: Cli,
  key: string,
  { mode, ...options }: ConnectionOption & { mode: Mode },
): Promise<void> {
  const where = await at(cli, key, options)
  const audience = await ok(
    cli.api.POST('/api/v1/connections/{id}/audiences/{key}/sync', {
      ...where,
      body: { mode },
      ...idempotent(cli.io),
    }),
  )
  await cli.answer(
    audience,
    () =>
      shown`Asked for (${mode}); ${key} is ${painted(audience.state)}. \`audiences show ${word(key)}\` has its last run.`,
  )
}

async function decide(
  cli: Cli,
  key: string,
  decision: 'approve' | 'reject',
  options: ConnectionOption,
): Promise<void> {
  const where = await at(cli, key, options)
  const decided = await ok(
    decision === 'approve'
      ? cli.api.POST('/api/v1/connections/{id}/audiences/{key}/approve', { ...where, ...idempotent(cli.io) })
      : cli.api.POST('/api/v1/connections/{id}/audiences/{key}/reject', { ...where, ...idempotent(cli.io) }),
  )
  await cli.answer(
    decided,
    () => shown`${decision === 'approve' ? 'Approved' : 'Rejected'}: the removals of ${key}.`,
  )
}

const contentTypes = { csv: 'text/csv', ndjson: 'application/x-ndjson' }

async function load(
  cli: Cli,
  key: string,
  file: string | undefined,
  { connection, format, replace = false }: LoadOptions,
): Promise<void> {
  const kind = format ?? formatOf(file)
  if (kind === undefined) throw misused('Is it CSV or NDJSON?', 'Say --format csv or --format ndjson.')
  const input = openInput(cli.io, file, 'file of members')
  const { path } = (await at(cli, key, { connection })).params
  const url = `/api/v1/connections/${encodeURIComponent(path.id)}/audiences/${encodeURIComponent(key)}/members?replace=${String(replace)}`
  const response = await okRaw(
    cli.api.raw(url, {
      method: 'POST',
      headers: { 'content-type': contentTypes[kind] },
      body: Readable.toWeb(input),
      duplex: 'half',
    } as unknown as RequestInit),
  )
  const loaded = (await response.json()) as Schemas['LoadedMembers']
  await cli.answer(loaded, () => shownLoaded(loaded))
}

export function formatOf(file: string | undefined): (typeof formats)[number] | undefined {
  if (file === undefined) return undefined
  if (/\.csv$/i.test(file)) return 'csv'
  return /\.(ndjson|jsonl)$/i.test(file) ? 'ndjson' : undefined
}

function shownLoaded({
  received,
  taken,
  stale,
  setAside,
  expelled,
  faults,
}: Schemas['LoadedMembers']): Shown {
  const said = [
    `${grouped(received)} lines, ${grouped(taken)} taken`,
    ...(stale > 0 ? [`${grouped(stale)} older than what was known`] : []),
    ...(setAside > 0 ? [`${grouped(setAside)} set aside`] : []),
    ...(expelled > 0 ? [`${grouped(expelled)} out, since they were not named`] : []),
  ]
  return join([
    shown`${said.join(', ')}.`,
    ...faults.map(({ line, code }) => shown`  line ${line}: ${paint.odd(code)}`),
  ])
}
