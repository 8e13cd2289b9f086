/** `npx causeway connections`: look, make, pause, retry, set keys. Set-up is in setup.ts. */
import type { components } from '../../../console/api/schema.d.ts'
import { idempotent, ok } from '../api.ts'
import { oneOf } from '../arguments.ts'
import type { Cli } from '../cli.ts'
import {
  allConnections,
  pendingOf,
  pickConnection,
  withConnection,
  type Connection,
  type ConnectionOption,
} from '../connection.ts'
import { misused, refused } from '../failure.ts'
import type { Register } from '../program.ts'
import { confirmed, readJson, readSecret } from '../stdin.ts'
import { facts, table } from '../table.ts'
import { join, paint, painted, shown, type Shown } from '../text.ts'
import { grouped, lengthOf, shortTime } from '../when.ts'
import { registerSetup } from './setup.ts'

type NewConnection = components['schemas']['NewConnection']
const setups = ['manual', 'oauth', 'token'] as const
const laneNames = ['events', 'late', 'audiences', 'outbound', 'forward'] as const
const keyNames = [
  ...(['statsig.serverKey', 'statsig.clientKey', 'statsig.consoleKey', 'statsig.webhookSecret'] as const),
  ...(['segment.writeKey', 'segment.sharedSecret', 'segment.apiToken'] as const),
] as const

interface CreateOptions {
  setup: (typeof setups)[number]
  keys?: string
}
interface LaneOptions extends ConnectionOption {
  lane?: (typeof laneNames)[number]
}

const createHelp = `
Keys come from a file or from standard input, never as arguments:
  {"statsig":{"serverKey":"secret-…","consoleKey":"console-…"},"segment":{"writeKey":"…"}}

Examples:
  $ npx causeway connections create "My site" --keys keys.json
  $ npx causeway connections create "My site" --setup oauth
  $ npx causeway connections setup start -c "My site" --watch`

export const register: Register = (group, act) => {
  group
    .command('list', { isDefault: true })
    .description('all of them')
    .action(act((cli) => list(cli)))
  group
    .command('show [id|name]')
    .description('one, with its lanes')
    .action(
      act(async (cli, named: string | undefined) => {
        const connection = await pickConnection(cli, named)
        await cli.answer(connection, () => shownConnection(connection))
      }),
    )
  group
    .command('create <name>')
    .description('make one; it accepts at once')
    .option('--setup <how>', `how it is set up at Segment: ${setups.join(', ')}`, oneOf(setups), 'manual')
    .option('--keys <file>', 'its keys as JSON; - is standard input')
    .addHelpText('after', createHelp)
    .action(act((cli, name: string, options: CreateOptions) => create(cli, name, options)))
  registerSetup(group, act)
  withConnection(
    group
      .command('set-key <which>')
      .description(`set a key, read from standard input: ${keyNames.join(', ')}`),
  )
    .addHelpText('after', '\nExamples:\n  $ npx causeway connections set-key statsig.serverKey < key.txt')
    .action(act((cli, which: string, options: ConnectionOption) => setKey(cli, which, options)))
  for (const [step, says] of [
    ['pause', 'hold delivery; accepting goes on'],
    ['resume', 'deliver again'],
  ] as const)
    withConnection(group.command(step).description(says))
      .option('--lane <lane>', `only this lane: ${laneNames.join(', ')}`, oneOf(laneNames))
      .action(act((cli, options: LaneOptions) => setPaused(cli, step === 'pause', options)))
  withConnection(group.command('retry').description('try again what needs attention')).action(
    act(async (cli, { connection }: ConnectionOption) => {
      const { id } = await pickConnection(cli, connection)
      const params = { path: { id } }
      const retried = await ok(
        cli.api.POST('/api/v1/connections/{id}/retry', { params, ...idempotent(cli.io) }),
      )
      await cli.answer(retried, () => shown`${retried.name} tries again; it is ${painted(retried.status)}.`)
    }),
  )
  group
    .command('remove <id|name>')
    .description('what set-up made is removed at Segment, what is pending is delivered, then it is gone')
    .option(
      '--data-now',
      'what is stored goes at once instead of by retention, and nothing is delivered any more',
    )
    .option('-y, --yes', 'do not ask')
    .action(act((cli, named: string, options: { dataNow?: true; yes?: true }) => remove(cli, named, options)))
}

async function list(cli: Cli): Promise<void> {
  const data = await allConnections(cli.api)
  const rows = data.map(({ id, name, status, paused, lanes }) => {
    const lagMs = Math.max(0, ...Object.values(lanes).map((lane) => lane.lagMs))
    return [
      id,
      name,
      painted(status),
      paused ? paint.odd('paused') : '',
      pendingOf({ lanes }),
      lagMs === 0 ? '' : lengthOf(lagMs / 1_000),
    ]
  })
  await cli.answer({ data }, () =>
    rows.length === 0
      ? paint.faint('There is no connection; `npx causeway connections create` makes one.')
      : table(['id', 'name', 'status', 'held', 'pending', 'lag'], rows, { columns: cli.columns }),
  )
}

export function shownConnection(connection: Connection): Shown {
  const { statsig, segment, lanes } = connection
  const keys = Object.entries({ ...named('statsig', statsig), ...named('segment', segment) })
  const rows = Object.entries(lanes).map(([name, { state, pending, lagMs, reason }]) => [
    ...[name, painted(state), pending, lagMs === 0 ? '' : lengthOf(lagMs / 1_000), reason],
  ])
  return join([
    facts([
      ['id', connection.id],
      ['name', connection.name],
      [
        'status',
        join(
          [painted(connection.status), ...(connection.paused ? [shown`, ${paint.odd('paused')}`] : [])],
          '',
        ),
      ],
      ['set up', connection.setup],
      ['write key', connection.writeKey],
      ['webhook', connection.webhookUrl],
      ['from Statsig', connection.statsigWebhookUrl],
      [
        'keys set',
        keys
          .filter(([, isSet]) => isSet)
          .map(([name]) => name)
          .join(', ') || 'none',
      ],
      ['settings', `version ${connection.settingsVersion}, ${shortTime(connection.updatedAt)}`],
    ]),
    shown``,
    table(['lane', 'state', 'pending', 'lag', 'why'], rows),
  ])
}

const named = (vendor: string, keys: Record<string, boolean>): Record<string, boolean> =>
  Object.fromEntries(Object.entries(keys).map(([name, isSet]) => [`${vendor}.${name}`, isSet]))

async function create(cli: Cli, name: string, { setup, keys }: CreateOptions): Promise<void> {
  const given = keys === undefined ? {} : await readJson(cli.io, keys, 'file of keys')
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw misused('The file of keys is no JSON object.')
  const body = { ...given, name, setup } as NewConnection
  const made = await ok(cli.api.POST('/api/v1/connections', { body, ...idempotent(cli.io) }))
  await cli.answer(made, () =>
    join([
      shownConnection(made),
      ...(setup === 'manual'
        ? []
        : [shown``, paint.faint(`npx causeway connections setup start -c ${made.id} goes on.`)]),
    ]),
  )
}

async function setKey(cli: Cli, which: string, { connection }: ConnectionOption): Promise<void> {
  const key = keyNames.find((name) => name === which)
  if (key === undefined)
    throw misused(`'${which}' is no key of a connection.`, `Give one of: ${keyNames.join(', ')}.`)
  const { id } = await pickConnection(cli, connection)
  const secret = await readSecret(cli, key)
  const changed = await patch(cli, id, asKeys(key, secret))
  await cli.answer(
    changed,
    () => shown`${key} of ${changed.name} is set. ${grouped(pendingOf(changed))} pending.`,
  )
}

/** `statsig.serverKey` as the body of a PATCH. */
export function asKeys(
  key: (typeof keyNames)[number],
  secret: string,
): components['schemas']['ConnectionPatch'] {
  const [vendor = '', name = ''] = key.split('.')
  return { [vendor]: { [name]: secret } }
}

function patch(cli: Cli, id: string, body: components['schemas']['ConnectionPatch']): Promise<Connection> {
  return ok(cli.api.PATCH('/api/v1/connections/{id}', { params: { path: { id } }, body }))
}

async function setPaused(cli: Cli, paused: boolean, { connection, lane }: LaneOptions): Promise<void> {
  const { id } = await pickConnection(cli, connection)
  const changed = await patch(cli, id, { paused: lane === undefined ? paused : { [lane]: paused } })
  const what = lane === undefined ? changed.name : `Lane ${lane} of ${changed.name}`
  await cli.answer(
    changed,
    () => shown`${what} ${paused ? 'is held; what comes in is kept' : 'delivers again'}.`,
  )
}

async function remove(
  cli: Cli,
  named: string,
  { dataNow, yes }: { dataNow?: true; yes?: true },
): Promise<void> {
  const { id, name } = await pickConnection(cli, named)
  if (yes !== true && !(await confirmed(cli, shown`Remove ${name} (${id})?`.plain)))
    throw refused('declined', 'Nothing was removed.')
  const params = {
    path: { id },
    query: { data: dataNow === true ? ('now' as const) : ('retention' as const) },
  }
  const removed = await ok(cli.api.DELETE('/api/v1/connections/{id}', { params }))
  await cli.answer(removed, () => shown`${name} is ${painted(removed.status)}.`)
}
