/** `causeway export`: a past window of Statsig's events is sent to Segment again. */
import { idempotent, ok } from '../api.ts'
import { given, wholeNumber } from '../arguments.ts'
import type { Cli } from '../cli.ts'
import { pickConnection, withConnection, type ConnectionOption } from '../connection.ts'
import type { ExitCode } from '../exit-codes.ts'
import { askAboutForce } from '../jobs/force.ts'
import { afterStart, rateMax, registerSteering } from '../jobs/steer.ts'
import { watchJob } from '../jobs/watch.ts'
import type { Register } from '../program.ts'
import { parseWhen, whenSays } from '../when.ts'

interface StartOptions extends ConnectionOption {
  from: string
  to: string
  rate?: number
  force?: boolean
  yes?: true
  dryRun?: boolean
  watch?: boolean
}

const examples = `
Times are times of receipt, in UTC: ${whenSays}. What Segment took before ends \`skipped: duplicate\`, unless --force is given.

Examples:
  $ npx causeway export start --from 2d --dry-run
  $ npx causeway export start --from 2026-01-05 --to 2026-01-06 --watch`

/** What is asked before events go out a second time. */
const forceMeans = [
  'With --force, events go out again that Segment has already, under the same messageIds. Segment drops those that it',
  'still knows; what it has forgotten counts twice, there and wherever it sends it on.',
]

export const register: Register = (group, act) => {
  withConnection(group.command('start').description('start one'))
    .requiredOption('--from <time>', 'received from then on')
    .option('--to <time>', 'received before then', 'now')
    .option('--rate <per-second>', 'events a second at most', wholeNumber(1, rateMax))
    .option('--force', 'send again what Segment took before')
    .option('-y, --yes', 'do not ask about --force')
    .option('--dry-run', 'count what would be sent and what not; send nothing')
    .option('-w, --watch', 'follow it to its end')
    .addHelpText('after', examples)
    .action(act((cli, options: StartOptions) => start(cli, options)))
  registerSteering(group, act, 'export')
}

async function start(cli: Cli, options: StartOptions): Promise<ExitCode | undefined> {
  const { connection, from, to, rate, force = false, dryRun = false, watch = false } = options
  const nowMs = cli.io.nowMs()
  const body = { from: parseWhen(from, nowMs), to: parseWhen(to, nowMs), force, dryRun, ...given({ rate }) }
  const { id } = await pickConnection(cli, connection)
  if (force && !dryRun) await askAboutForce(cli, forceMeans, options.yes === true)
  const job = await ok(
    cli.api.POST('/api/v1/connections/{id}/exports', {
      params: { path: { id } },
      body,
      ...idempotent(cli.io),
    }),
  )
  return dryRun ? watchJob(cli, 'export', job) : afterStart(cli, 'export', job, watch)
}
