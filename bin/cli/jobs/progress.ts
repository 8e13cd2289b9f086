/** How far a job is, while somebody looks on: a bar on a terminal, a line now and then elsewhere. */
import type { Output } from '../io.ts'
import { visible } from '../text.ts'
import { grouped, lengthOf } from '../when.ts'
import { isOver, type Job } from './kinds.ts'

export interface Progress {
  show: (job: Job) => void
  /** Leaves the bar as it is and gives the line free. */
  stop: () => void
}

/** Where no bar can be drawn, a log gets a line this often, and at each change of status. */
const lineEveryMs = 10_000
/** Columns of everything but the bar. */
const besideBar = 62

export async function createProgress(output: Output, nowMs: () => number): Promise<Progress> {
  return output.isTty ? createBar(output) : createLines(output, nowMs)
}

async function createBar({ stream, columns }: Output): Promise<Progress> {
  const { default: cliProgress } = await import('cli-progress')
  const bar = new cliProgress.SingleBar(
    {
      ...{ stream, hideCursor: true, clearOnComplete: false, stopOnComplete: false, etaBuffer: 1 },
      barsize: Math.max(8, Math.min(40, (columns() ?? 80) - besideBar)),
      format: '{bar} {percentage} %  {said}',
    },
    cliProgress.Presets.shades_classic,
  )
  let isOpen = false
  return {
    show(job) {
      const { done, planned } = job.counts
      // A job that has found nothing yet is at its beginning, one that has ended is at its end.
      const total = Math.max(planned, done, 1)
      const value = isOver(job) && planned === 0 ? total : done
      if (!isOpen) bar.start(total, value, { said: said(job) })
      isOpen = true
      bar.setTotal(total)
      bar.update(value, { said: said(job) })
    },
    stop() {
      if (isOpen) bar.stop()
      isOpen = false
    },
  }
}

function createLines({ stream }: Output, nowMs: () => number): Progress {
  let last: { status: string; atMs: number } | undefined
  return {
    show(job) {
      if (last?.status === job.status && nowMs() - last.atMs < lineEveryMs) return
      last = { status: job.status, atMs: nowMs() }
      stream.write(`${said(job)}\n`)
    },
    stop: () => undefined,
  }
}

/** `12,000 of 50,000, 800 a second, 48 s to go`; what holds it instead, where something does. */
export function said({ status, counts, ratePerSecond, etaSeconds }: Job): string {
  const done = `${grouped(counts.done)} of ${grouped(counts.planned)}`
  if (status !== 'running') return visible(`${done}, ${status}`)
  const pace = ratePerSecond === 0 ? '' : `, ${grouped(ratePerSecond)} a second`
  return `${done}${pace}${etaSeconds === null ? '' : `, ${lengthOf(etaSeconds)} to go`}`
}
