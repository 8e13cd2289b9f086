/** One thing that was looked at, and what to do where it is not as it should be. */
import { join, padded, paint, shown, type Shown } from '../text.ts'

export interface Check {
  /** Short and stable: scripts look for it. */
  name: string
  /** `warn`: it works, and will not for ever. `skip`: it could not be looked at. */
  status: 'ok' | 'warn' | 'fail' | 'skip'
  /** What was seen. */
  says: string
  /** What to do; each check that fails has one. */
  todo?: string
}

export const good = (name: string, says: string): Check => ({ name, status: 'ok', says })
export const odd = (name: string, says: string, todo: string): Check => ({ name, status: 'warn', says, todo })
export const bad = (name: string, says: string, todo: string): Check => ({ name, status: 'fail', says, todo })
export const unseen = (name: string, says: string): Check => ({ name, status: 'skip', says })

const marks = {
  ok: paint.good('ok  '),
  warn: paint.odd('warn'),
  fail: paint.bad('FAIL'),
  skip: paint.faint('–   '),
}

/** A line each, and one for what to do. */
export function shownChecks(checks: readonly Check[]): Shown {
  const width = Math.max(0, ...checks.map(({ name }) => name.length))
  const lines = checks.flatMap(({ name, status, says, todo }) => [
    shown`${marks[status]}  ${padded(shown`${name}`, width)}  ${status === 'skip' ? paint.faint(says) : says}`,
    ...(todo === undefined ? [] : [shown`      ${' '.repeat(width)}  ${paint.faint('→')} ${todo}`]),
  ])
  const count = (status: Check['status']) => checks.filter((check) => check.status === status).length
  const [failed, warned] = [count('fail'), count('warn')]
  const sum =
    failed > 0
      ? paint.bad(`${failed} of ${checks.length} checks failed.`)
      : paint.good(warned > 0 ? `Nothing failed, ${warned} to look at.` : 'All is well.')
  return join([...lines, shown``, sum])
}
