/**
 * What the mapping has to say beside its verdict: warnings always, and where each field came from when someone asks.
 */
import type { FilterVerdict } from '../filters/index.ts'
import type { Warning } from '../outcome.ts'

/** Where one field of the event came from: `from` is a path of the message, or `receipt.…`, `settings.…`, `default`. */
export interface Origin {
  target: string
  from: string
}

/** Handed in by the event tester, empty; the live path hands in none and pays nothing. */
export interface Trace {
  origins: Origin[]
  /** What the connection's filters said; absent where the message did not come as far as they. */
  filter?: FilterVerdict
}

/** More warnings than a person reads; a message of 16 MB must not become 100,000 of them. */
const WARNINGS_MAX = 50

/** Collects warnings and origins of one message. */
export class Notes {
  readonly warnings: Warning[] = []
  readonly trace: Trace | undefined

  constructor(trace: Trace | undefined) {
    this.trace = trace
  }

  warn(code: string, path: string, message: string): void {
    const count = this.warnings.length
    if (count < WARNINGS_MAX) this.warnings.push({ code, path, message })
    else if (count === WARNINGS_MAX) {
      this.warnings.push({
        code: 'more_warnings',
        path: '',
        message: `Only the first ${WARNINGS_MAX} are kept.`,
      })
    }
  }

  /** What the filters said. */
  filter(verdict: FilterVerdict): void {
    if (this.trace !== undefined) this.trace.filter = verdict
  }

  /** Says where a target came from; a later word on the same target replaces the earlier one. */
  origin(target: string, from: string): void {
    if (this.trace === undefined) return
    const known = this.trace.origins.find((origin) => origin.target === target)
    if (known) known.from = from
    else this.trace.origins.push({ target, from })
  }
}
