/** `causeway redrive`: messages that were not delivered are sent again, with the settings of now. */
import { idempotent, ok } from '../api.ts'
import { given, oneOf, several, wholeNumber } from '../arguments.ts'
import type { Cli } from '../cli.ts'
import { pickConnection, withConnection, type ConnectionOption } from '../connection.ts'
import type { ExitCode } from '../exit-codes.ts'
import { afterStart, rateMax, registerSteering } from '../jobs/steer.ts'
import type { Register } from '../program.ts'
import { parseWhenGiven, whenSays } from '../when.ts'

const outcomes = ['rejected', 'filtered', 'skipped'] as const
const lanes = ['events', 'late', 'outbound'] as const

interface StartOptions extends ConnectionOption {
  outcome: (typeof outcomes)[number]
  lane?: (typeof lanes)[number]
  since?: string
  until?: string
  messageId?: string[]
  rate?: number
  watch?: boolean
}

const examples = `
Taken are rejected and filtered messages, and those skipped as too_old or type_off. Their outcome changes.
Times: ${whenSays}.

Examples:
  $ npx causeway redrive start --outcome rejected --since 1d --watch
  $ npx causeway redrive start --outcome filtered --lane outbound
  $ npx causeway redrive start --outcome rejected --message-id order-1 --message-id order-2`

export const register: Register = (group, act) => {
  withConnection(group.command('start').description('start one'))
    .requiredOption('--outcome <outcome>', `what became of them: ${outcomes.join(', ')}`, oneOf(outcomes))
    .option('--lane <lane>', `only of this lane: ${lanes.join(', ')}`, oneOf(lanes))
    .option('--since <time>', 'received from then on')
    .option('--until <time>', 'received before then')
    .option('--message-id <id>', 'only this message; may be repeated', several)
    .option('--rate <per-second>', 'messages a second at most', wholeNumber(1, rateMax))
    .option('-w, --watch', 'follow it to its end')
    .addHelpText('after', examples)
    .action(act((cli, options: StartOptions) => start(cli, options)))
  registerSteering(group, act, 'redrive')
}

async function start(cli: Cli, options: StartOptions): Promise<ExitCode | undefined> {
  const { connection, outcome, lane, since, until, messageId, rate, watch = false } = options
  const at = (text: string | undefined) => parseWhenGiven(text, cli.io.nowMs())
  const body = {
    outcome,
    ...given({ lane, since: at(since), until: at(until), messageIds: messageId, rate }),
  }
  const { id } = await pickConnection(cli, connection)
  const job = await ok(
    cli.api.POST('/api/v1/connections/{id}/redrives', {
      params: { path: { id } },
      body,
      ...idempotent(cli.io),
    }),
  )
  return afterStart(cli, 'redrive', job, watch)
}
