/** Looks at a job until it has ended. The job never depends on being looked at. */
import { ok } from '../api.ts'
import type { Cli } from '../cli.ts'
import { exitCodes, type ExitCode } from '../exit-codes.ts'
import { CliFailure, interrupted, isInterruption } from '../failure.ts'
import { pause } from '../pause.ts'
import { paint, shown } from '../text.ts'
import { lengthOf } from '../when.ts'
import { exitCodeOf, lastLine, shownNotes } from './ending.ts'
import { isSettled, jobPaths, type Job, type JobKind } from './kinds.ts'
import { shownPlan } from './plan.ts'
import { createProgress } from './progress.ts'

const lookEveryMs = 1_000
/** An API that does not answer is looked for this long; it may be starting again. */
const patienceMs = 120_000

export const loadJob = (cli: Cli, kind: JobKind, id: string): Promise<Job> =>
  ok<Job>(cli.api.GET(jobPaths[kind].one, { params: { path: { id } } }))

/** With `--json` a line for each change, the last one with the end; of a dry run only that one, which has the plan. */
export async function watchJob(cli: Cli, kind: JobKind, first: Job): Promise<ExitCode> {
  const progress = await createProgress(cli.io.err, cli.io.nowMs)
  try {
    let shownText = ''
    for (let job = first; ; job = await nextLook(cli, kind, job.id)) {
      const text = JSON.stringify(job)
      const isNews = text !== shownText && (job.dryRun !== true || isSettled(job))
      if (cli.isJson && isNews) await cli.tell(job, () => shown``)
      shownText = text
      if (!cli.isJson && job.dryRun !== true) progress.show(job)
      if (isSettled(job)) {
        progress.stop()
        return await sayEnd(cli, kind, job)
      }
      if (!(await pause(lookEveryMs, cli.io.interrupted))) throw goesOn(kind, job.id)
    }
  } catch (error) {
    progress.stop()
    if (isInterruption(error)) throw goesOn(kind, first.id)
    throw error
  }
}

const goesOn = (kind: JobKind, id: string): CliFailure =>
  interrupted(
    `No longer watching; ${kind} ${id} goes on.`,
    `npx causeway ${kind} watch ${id} looks again, npx causeway ${kind} cancel ${id} ends it.`,
  )

/** Tries again while the API is away: a restart of it does not end the watch. */
async function nextLook(cli: Cli, kind: JobKind, id: string): Promise<Job> {
  const sinceMs = cli.io.nowMs()
  for (let isTold = false; ;) {
    try {
      return await loadJob(cli, kind, id)
    } catch (error) {
      const isAway = error instanceof CliFailure && error.exitCode === exitCodes.unreachable
      if (!isAway || cli.io.nowMs() - sinceMs > patienceMs) throw error
      if (!isTold)
        await cli.note(paint.odd(`The API does not answer; trying for ${lengthOf(patienceMs / 1_000)}.`))
      isTold = true
      if (!(await pause(lookEveryMs, cli.io.interrupted))) throw goesOn(kind, id)
    }
  }
}

async function sayEnd(cli: Cli, kind: JobKind, job: Job): Promise<ExitCode> {
  if (job.dryRun === true && job.plan !== undefined) {
    await cli.say(shownPlan(job.plan, cli.columns))
    return exitCodes.ok
  }
  await cli.say(lastLine(kind, job))
  if (job.notes.length > 0) await cli.say(shownNotes(job))
  const exitCode = exitCodeOf(job)
  if (exitCode === exitCodes.undelivered)
    await cli.note(paint.faint(`npx causeway ${kind} report ${job.id} says which, and why.`))
  return exitCode
}
