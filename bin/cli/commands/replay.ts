/** `npx causeway replay`: a past window of messages is forwarded again, from the store or an archive. */
import { isAbsolute, resolve } from 'node:path'
import { Option } from 'commander'
import { idempotent, ok } from '../api.ts'
import { given, listOf, oneOf, several } from '../arguments.ts'
import type { Cli } from '../cli.ts'
import { misused } from '../failure.ts'
import type { ExitCode } from '../exit-codes.ts'
import { registerSteering } from '../jobs/steer.ts'
import { startWindow, withWindow, type WindowOptions } from '../jobs/window.ts'
import type { Register } from '../program.ts'
import { whenSays } from '../when.ts'

const types = ['track', 'page', 'screen', 'group', 'alias', 'identify'] as const

interface StartOptions extends WindowOptions {
  path?: string
  event?: string[]
  type?: (typeof types)[number][]
}

const examples = `
Times are times of receipt, in UTC: ${whenSays}.
A line of an archive that was received outside of the window is counted, not sent; what happened more than seven days
ago ends \`skipped: too_old\`; what was delivered before ends \`skipped: duplicate\`, unless --force is given.

Examples:
  $ npx causeway replay start --from 2d --dry-run
  $ npx causeway replay start --from 2026-01-05 --to 2026-01-06 --path s3://bucket/segment-logs --watch
  $ npx causeway replay start --from 12h --event "Order Completed" --type track --rate 500`

/** What is asked before messages go out a second time. */
const forceMeans = [
  'With --force, messages go out again that Statsig has already. Statsig does not deduplicate custom events:',
  'each of them counts twice, in every metric and experiment that uses it, and it cannot be taken back.',
]

export const register: Register = (group, act) => {
  const command = group.command('start').description('start one; --dry-run only plans it')
  withWindow(command, 'messages', 'send again what was delivered before: it counts twice in metrics')
    .option('--path <folder|s3://…>', 'an archive of Segment; without it, what the store holds')
    .option('--event <name>', "only events of this name, the source's own; may be repeated", several)
    .addOption(
      new Option('--type <types>', `only these calls: ${types.join(', ')}`).argParser(listOf(oneOf(types))),
    )
    .addHelpText('after', examples)
    .action(act((cli, options: StartOptions) => start(cli, options)))
  registerSteering(group, act, 'replay')
}

async function start(cli: Cli, options: StartOptions): Promise<ExitCode | undefined> {
  const { path, event, type } = options
  const source = path === undefined ? ('store' as const) : ('archive' as const)
  const what = given({ path: path && archivePath(cli, path), events: event, types: type })
  return startWindow(cli, 'replay', options, forceMeans, ({ id }, window) => {
    const [params, body] = [{ path: { id } }, { source, ...what, ...window }]
    return ok(cli.api.POST('/api/v1/connections/{id}/replays', { params, body, ...idempotent(cli.io) }))
  })
}

/** A folder is one of the API's machine; a relative one means something only here. */
function archivePath({ io, target }: Cli, path: string): string {
  if (path.startsWith('s3://') || isAbsolute(path)) return path
  if (target.isLocal) return resolve(io.cwd, path)
  throw misused(
    `${path} is a folder of this machine.`,
    "Give an absolute path of the API's machine, or s3://….",
  )
}
