/** What the tester answers: the same mapping as the live path's, told step by step. */
import { call } from './client.ts'

export interface TraceField {
  /** Where it stands in the event: `user.customIDs.companyID`. */
  target: string
  /** Where it came from in the message, if from there. */
  source: string | undefined
}

export interface Trace {
  received: unknown
  verdict: { kind: string; words: string }
  fields: TraceField[]
  mapped: unknown
  warnings: { code: string; path: string; message: string }[]
  sent: { ok: boolean; words: string; answer: string | undefined } | undefined
}

export const testMessage = (
  connectionId: string,
  body: { message: unknown; lane?: string; send?: boolean },
) => call<unknown>('POST', `/connections/${connectionId}/test`, { body })
