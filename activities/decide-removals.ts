/** A person's word on the removals that wait, carried out by the audience's own run so that it stands in its history. */
import type { AudienceStore, Log } from '../core/ports.ts'
import { toFailure } from './failures.ts'

export interface DecideInput {
  connectionId: string
  audience: string
  verdict: 'approve' | 'reject'
  nowMs: number
}

/** Answers how many removals it concerns. */
export function createDecideRemovals({ audiences, log }: { audiences: AudienceStore; log: Log }) {
  return async function decideRemovals(input: DecideInput): Promise<number> {
    try {
      const { connectionId, audience, verdict, nowMs } = input
      return await audiences.decide(connectionId, audience, verdict, nowMs)
    } catch (error) {
      throw toFailure(error, log)
    }
  }
}
