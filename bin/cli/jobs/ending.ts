/** What a job has come to: for an exit code, and for a person. */
import { exitCodes, type ExitCode } from '../exit-codes.ts'
import { facts, table } from '../table.ts'
import { join, paint, painted, shown, type Shown } from '../text.ts'
import { grouped, lengthOf, shortTime } from '../when.ts'
import type { Job, JobKind } from './kinds.ts'

/**
 * `undelivered` where something that was to be sent was not: refused, or left by a cancellation. What a rule left out
 * (filtered, a duplicate, too old) is as it should be.
 */
export function exitCodeOf({ status, counts }: Pick<Job, 'status' | 'counts'>): ExitCode {
  if (status === 'failed') return exitCodes.failed
  return status === 'cancelled' || counts.rejected > 0 || counts.unsent > 0
    ? exitCodes.undelivered
    : exitCodes.ok
}

/** All that is known of a job. */
export function shownJob(kind: JobKind, job: Job): Shown {
  const { id, status, connectionId, error, counts, notes } = job
  const what = [
    ['id', id],
    ['connection', connectionId],
    ['status', join([painted(status), ...(error === undefined ? [] : [shown`: ${error}`])], '')],
    ['of', ofWhat(kind, job)],
    ['done', shown`${grouped(counts.done)} of ${grouped(counts.planned)}${share(job)}`],
    ...countRows(job),
    ['rate', job.rate === null ? 'unlimited' : `${grouped(job.rate)} a second at most`],
    ['pace', paceOf(job)],
    ['begun', job.startedAt && shortTime(job.startedAt)],
    ['ended', job.endedAt && shortTime(job.endedAt)],
    ['Temporal', job.temporalUrl],
  ] as [string, string | Shown | undefined][]
  return join([
    facts(what),
    ...(notes.length === 0 ? [] : [shown``, paint.head('Odd in the source'), shownNotes(job)]),
  ])
}

function countRows({ counts }: Job): [string, Shown | undefined][] {
  const row = (name: string, count: number, paintIt = paint.odd): [string, Shown | undefined] => [
    name,
    count === 0 ? undefined : paintIt(grouped(count)),
  ]
  return [
    row('delivered', counts.delivered, paint.good),
    row('filtered', counts.filtered),
    row('skipped', counts.skipped),
    row('rejected', counts.rejected, paint.bad),
    row('outside window', counts.outsideWindow, paint.faint),
    row('not selected', counts.notSelected, paint.faint),
    row('left unsent', counts.unsent, paint.bad),
  ]
}

const notesShown = 20

export function shownNotes({ notes }: Pick<Job, 'notes'>): Shown {
  const rows = notes.slice(0, notesShown).map(({ kind, count, file, detail }) => [kind, count, file, detail])
  const rest = notes.length - notesShown
  const more = rest > 0 ? [paint.faint(`and ${rest} more; the report has all`)] : []
  return join([table(['kind', 'count', 'file', 'detail'], rows), ...more])
}

/** What it was asked for. */
export function ofWhat(kind: JobKind, job: Job): string {
  const { from, to, path, outcome, lanes, since, until } = job
  const window = (start: string | undefined, end: string | undefined) =>
    [start && `from ${shortTime(start)}`, end && `to ${shortTime(end)}`].filter(Boolean).join(' ')
  if (kind === 'redrive')
    return [outcome, lanes && `in ${lanes.join(', ')}`, window(since, until)].filter(Boolean).join(' ')
  const flags = [job.dryRun && 'dry run', job.force && 'force'].filter(Boolean).join(', ')
  return [path ?? (kind === 'replay' ? 'the store' : ''), window(from, to), flags && `(${flags})`]
    .filter(Boolean)
    .join(' ')
}

function share({ counts: { done, planned } }: Job): string {
  return planned === 0 ? '' : ` (${Math.floor((Math.min(done, planned) / planned) * 100)} %)`
}

function paceOf({ ratePerSecond, etaSeconds, status }: Job): string | undefined {
  if (status !== 'running') return ratePerSecond > 0 ? `${grouped(ratePerSecond)} a second` : undefined
  return `${grouped(ratePerSecond)} a second${etaSeconds === null ? '' : `, about ${lengthOf(etaSeconds)} to go`}`
}

/** The last line of a watch: `replay rpl_1 is completed: 9,000 delivered, 12 rejected.` */
export function lastLine(kind: JobKind, job: Job): Shown {
  const { counts, status, error, id } = job
  const named = ['delivered', 'filtered', 'skipped', 'rejected', 'outsideWindow', 'unsent'] as const
  const words = { outsideWindow: 'outside the window', unsent: 'left unsent' } as Record<string, string>
  const said = named
    .filter((name) => name === 'delivered' || counts[name] > 0)
    .map((name) => `${grouped(counts[name])} ${words[name] ?? name}`)
  return shown`${kind} ${id} is ${painted(status)}: ${said.join(', ')}.${error === undefined ? '' : ` ${error}`}`
}
