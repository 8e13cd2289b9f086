/** `causeway export`: a past window of Statsig's events is sent to Segment again. */
import { idempotent, ok } from '../api.ts'
import { given, wholeNumber } from '../arguments.ts'
import type { Cli } from '../cli.ts'
import { pickConnection, withConnection, type ConnectionOption } from '../connection.ts'
import type { ExitCode } from '../exit-codes.ts'
import { afterStart, rateMax, registerSteering } from '../jobs/steer.ts'
import type { Register } from '../program.ts'
import { parseWhen, whenSays } from '../when.ts'

interface StartOptions extends ConnectionOption {
  from: string
  to: string
  rate?: number
  watch?: boolean
}

const examples = `
Times are times of receipt, in UTC: ${whenSays}. What Segment has already is not sent again.

Examples:
  $ npx causeway export start --from 2026-01-05 --to 2026-01-06 --watch`

export const register: Register = (group, act) => {
  withConnection(group.command('start').description('start one'))
    .requiredOption('--from <time>', 'received from then on')
    .option('--to <time>', 'received before then', 'now')
    .option('--rate <per-second>', 'events a second at most', wholeNumber(1, rateMax))
    .option('-w, --watch', 'follow it to its end')
    .addHelpText('after', examples)
    .action(act((cli, options: StartOptions) => start(cli, options)))
  registerSteering(group, act, 'export')
}

async function start(
  cli: Cli,
  { connection, from, to, rate, watch = false }: StartOptions,
): Promise<ExitCode | undefined> {
  const nowMs = cli.io.nowMs()
  const body = { from: parseWhen(from, nowMs), to: parseWhen(to, nowMs), ...given({ rate }) }
  const { id } = await pickConnection(cli, connection)
  const job = await ok(
    cli.api.POST('/api/v1/connections/{id}/exports', {
      params: { path: { id } },
      body,
      ...idempotent(cli.io),
    }),
  )
  return afterStart(cli, 'export', job, watch)
}
