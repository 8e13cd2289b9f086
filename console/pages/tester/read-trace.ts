/** The API's trace as the page shows it. */
import type { Trace } from '../../api/trace.ts'

export function readTrace(answer: unknown, message: unknown): Trace {
  const { received = message, mapped, warnings = [] } = answer as Partial<Trace>
  return {
    received,
    verdict: { kind: mapped === undefined ? 'rejected' : 'mapped', words: '' },
    fields: [],
    mapped,
    warnings,
    sent: undefined,
  }
}
