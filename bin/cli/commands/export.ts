/** `causeway export`: a past window of Statsig's events is sent to Segment again. */
import { idempotent, ok } from '../api.ts'
import type { Cli } from '../cli.ts'
import type { ExitCode } from '../exit-codes.ts'
import { registerSteering } from '../jobs/steer.ts'
import { startWindow, withWindow, type WindowOptions } from '../jobs/window.ts'
import type { Register } from '../program.ts'
import { whenSays } from '../when.ts'

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
  withWindow(group.command('start').description('start one'), 'events', 'send again what Segment took before')
    .addHelpText('after', examples)
    .action(act((cli, options: WindowOptions) => start(cli, options)))
  registerSteering(group, act, 'export')
}

const start = (cli: Cli, options: WindowOptions): Promise<ExitCode | undefined> =>
  startWindow(cli, 'export', options, forceMeans, ({ id }, body) => {
    const params = { path: { id } }
    return ok(cli.api.POST('/api/v1/connections/{id}/exports', { params, body, ...idempotent(cli.io) }))
  })
