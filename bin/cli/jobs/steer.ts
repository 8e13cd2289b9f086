/** The commands that each kind of job has: list, show, report, watch, pause, resume, cancel, rate. */
import type { Command } from 'commander'
import { idempotent, ok } from '../api.ts'
import { given, wholeNumber } from '../arguments.ts'
import type { Cli } from '../cli.ts'
import { pickConnection, withConnection, type ConnectionOption } from '../connection.ts'
import type { ExitCode } from '../exit-codes.ts'
import { misused } from '../failure.ts'
import type { Act } from '../program.ts'
import { table } from '../table.ts'
import { join, paint, painted, shown, type Shown } from '../text.ts'
import { grouped, shortTime } from '../when.ts'
import { exitCodeOf, ofWhat, shownJob } from './ending.ts'
import { isOver, jobPaths, type Job, type JobKind } from './kinds.ts'
import { shownPlan } from './plan.ts'
import { registerReport } from './report.ts'
import { loadJob, watchJob } from './watch.ts'

export const rateMax = 1_000_000
const limitDefault = 20

/** Adds them to the group of a kind. */
export function registerSteering(group: Command, act: Act, kind: JobKind): void {
  registerLooking(group, act, kind)
  registerReport(group, act, kind)
  group
    .command('watch <id>')
    .description(`follow a ${kind} to its end; Ctrl-C leaves it running`)
    .action(act(async (cli, id: string) => watchJob(cli, kind, await loadJob(cli, kind, id))))
  const steers = {
    pause: 'hold it before its next request; it may be resumed after any time',
    resume: 'go on where it was paused',
    cancel: 'end it after the request in flight; what was not sent is counted',
  } as const
  for (const [step, says] of Object.entries(steers) as [keyof typeof steers, string][])
    group
      .command(`${step} <id>`)
      .description(says)
      .action(act((cli, id: string) => steer(cli, kind, step, id)))
  group
    .command('rate <id> <per-second>')
    .description('messages a second at most; `none` takes the limit away. In force within one batch')
    .action(act((cli, id: string, rate: string) => setRate(cli, kind, id, rate)))
}

function registerLooking(group: Command, act: Act, kind: JobKind): void {
  withConnection(group.command('list').description('the newest first'))
    .option('-n, --limit <n>', 'how many', wholeNumber(1, 500), limitDefault)
    .action(act((cli, options: ConnectionOption & { limit: number }) => listJobs(cli, kind, options)))
  group
    .command('show <id>')
    .description('all that is known of one; its exit code is that of its end')
    .action(
      act(async (cli, id: string) => {
        const job = await loadJob(cli, kind, id)
        await cli.answer(job, () => withPlan(cli, kind, job))
        return isOver(job) ? exitCodeOf(job) : undefined
      }),
    )
}

const withPlan = (cli: Cli, kind: JobKind, job: Job): Shown =>
  join([shownJob(kind, job), ...(job.plan === undefined ? [] : [shown``, shownPlan(job.plan, cli.columns)])])

async function listJobs(
  cli: Cli,
  kind: JobKind,
  { connection, limit }: ConnectionOption & { limit: number },
): Promise<void> {
  const connectionId = connection === undefined ? undefined : (await pickConnection(cli, connection)).id
  const query = given({ limit, connectionId })
  const page = await ok<{ data: Job[]; nextCursor: string | null }>(
    cli.api.GET(jobPaths[kind].list, { params: { query } }),
  )
  const rows = page.data.map((job) => [
    ...[job.id, job.connectionId, shortTime(job.createdAt), painted(job.status), ofWhat(kind, job)],
    ...[job.counts.done, job.counts.planned, job.counts.rejected],
  ])
  const head = ['id', 'connection', 'created', 'status', 'of', 'done', 'planned', 'rejected']
  await cli.answer(page, () =>
    rows.length === 0 ? paint.faint(`There is no ${kind} yet.`) : table(head, rows, { columns: cli.columns }),
  )
}

async function steer(
  cli: Cli,
  kind: JobKind,
  step: 'pause' | 'resume' | 'cancel',
  id: string,
): Promise<void> {
  const job = await ok<Job>(
    cli.api.POST(jobPaths[kind][step], { params: { path: { id } }, ...idempotent(cli.io) }),
  )
  const { done, planned } = job.counts
  await cli.answer(
    job,
    () => shown`${kind} ${id} is ${painted(job.status)}, ${grouped(done)} of ${grouped(planned)} done.`,
  )
}

async function setRate(cli: Cli, kind: JobKind, id: string, text: string): Promise<void> {
  const rate = text === 'none' ? null : Number(text)
  if (rate !== null && (!/^\d+$/.test(text) || rate < 1 || rate > rateMax))
    throw misused(`'${text}' is no rate.`, `Give a whole number from 1 to ${rateMax}, or none.`)
  const job = await ok<Job>(cli.api.PATCH(jobPaths[kind].one, { params: { path: { id } }, body: { rate } }))
  await cli.answer(job, () =>
    rate === null
      ? shown`${kind} ${id} has no limit.`
      : shown`${kind} ${id} sends ${grouped(rate)} a second at most.`,
  )
}

/** What a start says: the job itself, or its whole way where it is watched. */
export async function afterStart(
  cli: Cli,
  kind: JobKind,
  job: Job,
  isWatched: boolean,
): Promise<ExitCode | undefined> {
  if (isWatched) {
    await cli.note(shown`${kind} ${job.id} has begun.`)
    return watchJob(cli, kind, job)
  }
  await cli.answer(job, () =>
    join([
      shown`${kind} ${job.id} has begun.`,
      paint.faint(`npx causeway ${kind} watch ${job.id} follows it; in Temporal: ${job.temporalUrl}`),
    ]),
  )
  return undefined
}
