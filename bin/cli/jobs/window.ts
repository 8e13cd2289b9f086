/** What replays and exports have in common: a past window that goes out again, as a plan or in earnest. */
import type { Command } from 'commander'
import { given, wholeNumber } from '../arguments.ts'
import type { Cli } from '../cli.ts'
import { withConnection, pickConnection, type Connection, type ConnectionOption } from '../connection.ts'
import type { ExitCode } from '../exit-codes.ts'
import { refused } from '../failure.ts'
import { confirmed } from '../stdin.ts'
import { paint } from '../text.ts'
import { parseWhen } from '../when.ts'
import type { Job, JobKind } from './kinds.ts'
import { afterStart, rateMax } from './steer.ts'
import { watchJob } from './watch.ts'

export interface WindowOptions extends ConnectionOption {
  from: string
  to: string
  rate?: number
  force?: boolean
  yes?: true
  dryRun?: boolean
  watch?: boolean
}

/** Gives `start` the options of a window. `what`: messages or events; `forceSays`: what `--force` does. */
export const withWindow = (start: Command, what: string, forceSays: string): Command =>
  withConnection(start)
    .requiredOption('--from <time>', 'received from then on')
    .option('--to <time>', 'received before then', 'now')
    .option('--rate <per-second>', `${what} a second at most`, wholeNumber(1, rateMax))
    .option('--force', forceSays)
    .option('-y, --yes', 'do not ask about --force')
    .option('--dry-run', 'count what would be sent and what not; send nothing')
    .option('-w, --watch', 'follow it to its end')

export interface WindowBody {
  from: string
  to: string
  force: boolean
  dryRun: boolean
  rate?: number
}

/**
 * Starts one by `post`, after a yes to `--force`, before which `forceMeans` is said, a line each. A plan is what a dry run is
 * for: it is waited for. Throws `declined` after a no, and `usage` where nobody can be asked.
 */
export async function startWindow(
  cli: Cli,
  kind: JobKind,
  options: WindowOptions,
  forceMeans: readonly string[],
  post: (connection: Connection, body: WindowBody) => Promise<Job>,
): Promise<ExitCode | undefined> {
  const { from, to, rate, force = false, dryRun = false, watch = false } = options
  const nowMs = cli.io.nowMs()
  const window = { from: parseWhen(from, nowMs), to: parseWhen(to, nowMs) }
  const connection = await pickConnection(cli, options.connection)
  if (force && !dryRun && options.yes !== true) {
    for (const line of forceMeans) await cli.note(paint.odd(line))
    if (!(await confirmed(cli, 'Send them again?'))) throw refused('declined', 'Nothing was started.')
  }
  const job = await post(connection, { ...window, force, dryRun, ...given({ rate }) })
  return dryRun ? watchJob(cli, kind, job) : afterStart(cli, kind, job, watch)
}
