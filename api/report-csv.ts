/**
 * The report of a job as CSV (RFC 4180): a row for each message that was not delivered (`message`), one for each oddity
 * of the source (`note`), and one for each number of messages that never came into its lane (`count`). Streamed: a report
 * may be as long as the job.
 */
import { parseBody } from '../core/stored-request.ts'
import { isObject } from '../core/own-keys.ts'
import type { Job, JobStore, LaneStore, ReportRow } from '../core/ports.ts'
import { redact } from '../core/redact.ts'

const columns = [
  ...['kind', 'position', 'outcome', 'reason', 'path', 'detail'],
  ...['messageId', 'type', 'event', 'userId', 'file', 'line', 'count'],
] as const
type Row = Partial<Record<(typeof columns)[number], string | number | undefined>>

const pageMax = 1_000

type Deps = { jobs: JobStore; lanes: Pick<LaneStore, 'body'> }

export function reportCsv({ jobs, lanes }: Deps, job: Job): ReadableStream<Uint8Array> {
  const lines = linesOf({ jobs, lanes }, job)
  const encoder = new TextEncoder()
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await lines.next()
      if (done) controller.close()
      else controller.enqueue(encoder.encode(value))
    },
    cancel: () => void lines.return(undefined),
  })
}

async function* linesOf({ jobs, lanes }: Deps, job: Job): AsyncGenerator<string, undefined> {
  yield `${columns.join(',')}\r\n`
  const notes = await jobs.notes(job.id)
  yield notes.map(({ kind, ...note }) => toLine({ kind: 'note', reason: kind, ...note })).join('')
  yield leftOut(job)
    .map((row) => toLine({ kind: 'count', ...row }))
    .join('')
  const placeOf = createPlaces(lanes, job)
  for (let after = 0; ;) {
    const page = await jobs.report(job.id, after, pageMax)
    const lines: string[] = []
    for (const row of page) lines.push(toLine({ ...entryRow(row), ...(await placeOf(row)) }))
    if (lines.length > 0) yield lines.join('')
    if (page.length < pageMax) return undefined
    after = page.at(-1)?.seq ?? after
  }
}

/** What was not taken, and what was taken and not sent when the job was ended: told by number, never in silence. */
function leftOut({ outsideWindow, notSelected, unsent }: Job): Row[] {
  const counts = { outside_window: outsideWindow, not_selected: notSelected, unsent }
  return Object.entries(counts).flatMap(([reason, count]) => (count > 0 ? [{ reason, count }] : []))
}

/** Cells are picked by the columns: what a row has besides is not shown. */
function entryRow({ seq, ...entry }: ReportRow): Row {
  return { kind: 'message', position: seq, count: 1, ...(redact(entry) as typeof entry) }
}

/** Where in the archive a message stood; bodies come in order, so one is held. A body may have been purged. */
function createPlaces(lanes: Pick<LaneStore, 'body'>, { spec }: Job): (row: ReportRow) => Promise<Row> {
  let open: { requestId: number; file: string; lines: unknown[] } | undefined
  const isArchive = 'source' in spec && spec.source === 'archive'
  return async ({ requestId, item }) => {
    if (!isArchive) return {}
    if (open?.requestId !== requestId) {
      const body = await lanes.body(requestId).catch(() => undefined)
      const parsed = body && parseBody(body)
      const of = isObject(parsed) ? parsed : {}
      const file = typeof of.file === 'string' ? of.file : ''
      open = { requestId, file, lines: Array.isArray(of.lines) ? of.lines : [] }
    }
    const line = open.lines[item]
    return { file: open.file, line: typeof line === 'number' ? line : undefined }
  }
}

const toLine = (row: Row): string => `${columns.map((column) => cell(row[column])).join(',')}\r\n`

/** A cell that a spreadsheet would run as a formula gets an apostrophe (owasp.org/www-community/attacks/CSV_Injection). */
function cell(value: string | number | undefined): string {
  if (value === undefined) return ''
  if (typeof value === 'number') return String(value)
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
