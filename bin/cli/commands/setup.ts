/** `npx causeway connections setup`: a connection is set up at Segment, by consent, a token or by hand. */
import type { Command } from 'commander'
import type { components } from '../../../console/api/schema.d.ts'
import { idempotent, ok } from '../api.ts'
import type { Cli } from '../cli.ts'
import { pickConnection, withConnection, type ConnectionOption } from '../connection.ts'
import { exitCodes, type ExitCode } from '../exit-codes.ts'
import { interrupted, isInterruption, type CliFailure } from '../failure.ts'
import { pause } from '../pause.ts'
import type { Act } from '../program.ts'
import { readSecret } from '../stdin.ts'
import { facts, table } from '../table.ts'
import { join, paint, painted, shown, type Shown } from '../text.ts'
import { shortTime } from '../when.ts'

type Setup = components['schemas']['Setup']
type StartOptions = ConnectionOption & { watch?: boolean }
type ChooseOptions = ConnectionOption & { workspace?: string }
const lookEveryMs = 1_000

const says: Record<Setup['step'], string> = {
  authorize: 'waits for consent: open the URL in a browser',
  exchange: 'exchanges the consent for a token',
  sources: 'asks Segment for the sources',
  choose_source: 'waits for a choice: `npx causeway connections setup choose <source id>`',
  destination: 'makes the destination',
  keys: 'checks the keys',
  paste: 'waits for the values below to be pasted at Segment',
  proof: 'waits for a test event to arrive',
  undo: 'is being undone',
  active: 'is done: events arrive',
  failed: 'has failed; what it had made is removed',
  expired: 'was not finished in time; what it had made is removed',
  cancelled: 'was cancelled; what it had made is removed',
}

const examples = `
Examples:
  $ npx causeway connections setup start -c con_1 --watch
  $ npx causeway connections setup start -c con_1 < segment-token.txt
  $ npx causeway connections setup choose -c con_1 <source id>`

export function registerSetup(connections: Command, act: Act): void {
  const group = connections
    .command('setup')
    .description('set a connection up at Segment')
    .addHelpText('after', examples)
  withConnection(
    group
      .command('start')
      .description('prints the URL of the consent, asks for a token, or says what to paste'),
  )
    .option('-w, --watch', 'follow it to its end')
    .action(act((cli, options: StartOptions) => start(cli, options)))
  withConnection(group.command('show').description('where it stands'))
    .option('-w, --watch', 'follow it to its end')
    .action(
      act(async (cli, { connection, watch = false }: StartOptions) => {
        const { id } = await pickConnection(cli, connection)
        return watch ? follow(cli, id) : sayOnce(cli, await load(cli, id))
      }),
    )
  withConnection(
    group
      .command('choose <source-id...>')
      .description('the sources that send; a destination is made for each'),
  )
    .option('--workspace <id>', 'their workspace, where there are several')
    .action(
      act(async (cli, sourceIds: string[], { connection, workspace }: ChooseOptions) => {
        const { id } = await pickConnection(cli, connection)
        const body = { sourceIds, ...(workspace === undefined ? {} : { workspaceId: workspace }) }
        const params = { path: { id } }
        const call = cli.api.POST('/api/v1/connections/{id}/setup/source', {
          params,
          body,
          ...idempotent(cli.io),
        })
        return sayOnce(cli, await ok(call))
      }),
    )
  withConnection(group.command('cancel').description('end it; what it made at Segment is removed')).action(
    act(async (cli, { connection }: ConnectionOption) => {
      const { id } = await pickConnection(cli, connection)
      const setup = await ok(cli.api.DELETE('/api/v1/connections/{id}/setup', { params: { path: { id } } }))
      // It is undone step by step, so the answer may still show it where it was.
      await cli.answer(
        setup,
        () => shown`Asked for; \`npx causeway connections setup show -c ${id}\` tells the end.`,
      )
    }),
  )
}

const load = (cli: Cli, id: string): Promise<Setup> =>
  ok(cli.api.GET('/api/v1/connections/{id}/setup', { params: { path: { id } } }))

async function start(cli: Cli, { connection, watch = false }: StartOptions): Promise<ExitCode | undefined> {
  const { id, setup, segment } = await pickConnection(cli, connection)
  if (setup === 'token' && !segment.apiToken) {
    const apiToken = await readSecret(cli, "Segment's Public API token")
    await ok(
      cli.api.PATCH('/api/v1/connections/{id}', {
        params: { path: { id } },
        body: { segment: { apiToken } },
      }),
    )
  }
  const begun = await ok(
    cli.api.POST('/api/v1/connections/{id}/setup', { params: { path: { id } }, ...idempotent(cli.io) }),
  )
  return watch ? follow(cli, id) : sayOnce(cli, begun)
}

async function sayOnce(cli: Cli, setup: Setup): Promise<ExitCode | undefined> {
  await cli.answer(setup, () => shownSetup(setup))
  return exitCodeOf(setup)
}

const isEnded = ({ step }: Setup): boolean => ['active', 'failed', 'expired', 'cancelled'].includes(step)
const exitCodeOf = (setup: Setup): ExitCode =>
  isEnded(setup) && setup.step !== 'active' ? exitCodes.failed : exitCodes.ok

/** Each step as it comes, until the end. With `--json` a line each. */
async function follow(cli: Cli, id: string): Promise<ExitCode> {
  try {
    for (let before = ''; ;) {
      const setup = await load(cli, id)
      const now = JSON.stringify([setup.step, setup.authorizeUrl, setup.choices, setup.missing, setup.error])
      if (now !== before) await cli.tell(setup, () => shownSetup(setup))
      before = now
      if (isEnded(setup)) return exitCodeOf(setup)
      if (!(await pause(lookEveryMs, cli.io.interrupted))) throw goesOn(id)
    }
  } catch (error) {
    if (isInterruption(error)) throw goesOn(id)
    throw error
  }
}

const goesOn = (id: string): CliFailure =>
  interrupted(
    'No longer watching; the set-up goes on.',
    `npx causeway connections setup show -c ${id} looks again, setup cancel ends it.`,
  )

/** Where it stands, and what a person has to do. */
export function shownSetup(setup: Setup): Shown {
  const { step, authorizeUrl, expiresAt, choices = [], missing = [], values = [], error } = setup
  const sources = (step === 'choose_source' ? choices : []).flatMap(({ workspaceId, name, sources: all }) =>
    all.map((source) => [source.id, source.name, source.slug, name, workspaceId]),
  )
  return join([
    shown`The set-up ${paint.faint(`(${setup.kind})`)} ${says[step]}: ${painted(step)}`,
    ...(error === undefined ? [] : [shown`  ${paint.bad(error.message)} ${paint.faint(`(${error.code})`)}`]),
    ...(authorizeUrl === undefined ? [] : [shown`  ${authorizeUrl}`]),
    ...(expiresAt === undefined || isEnded(setup) ? [] : [paint.faint(`  until ${shortTime(expiresAt)}`)]),
    ...(sources.length === 0 ? [] : [table(['source', 'name', 'slug', 'workspace', 'its id'], sources)]),
    ...missing.map(({ what, says: why }) => shown`  missing: ${paint.odd(what)} ${why}`),
    ...(isEnded(setup) || values.length === 0
      ? []
      : [facts(values.map(({ field, value, says: why }) => [field, shown`${value}  ${paint.faint(why)}`]))]),
  ])
}
