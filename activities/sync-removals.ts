/** Removals: those of erased people in any case, all others only as far as the guard lets them. */
import { guardWindowMs, judgeRemovals, type GuardVerdict } from '../core/audiences/guard.ts'
import type { Audience, HeldRemovals, SyncMode } from '../core/ports.ts'
import { sendDue, type SyncContext } from './sync-send.ts'

const sampleIds = 10

export async function removeMembers(context: SyncContext, mode: SyncMode): Promise<void> {
  const { audiences, target, record } = context
  await sendDue(context, 'erase', mode)
  const audience = await context.audience()
  const { remove } = await audiences.dueCounts(target)
  const planned = audience.removals === 'mirror' ? remove : 0
  if (planned === 0) {
    if (audience.guard) await record({ guard: null })
    return
  }
  const verdict = await judge(context, audience, planned)
  // What once waits for a person goes on waiting for one, be the day over or not.
  const allowed = audience.guard ? 0 : verdict.pass ? planned : audience.approved
  if (allowed > 0) await sendDue(context, 'remove', mode, allowed)
  if (allowed >= planned) return
  const sample = await audiences.due(target, 'remove', { after: '', limit: sampleIds, failed: false })
  const now = { planned: planned - allowed, sample, sinceMs: context.nowMs }
  await record({ guard: heldOf(verdict, audience.guard, now) })
}

async function judge(
  { audiences, target, nowMs }: SyncContext,
  { applied, approved }: Audience,
  planned: number,
): Promise<GuardVerdict> {
  const history = await audiences.removalHistory(target, nowMs - guardWindowMs)
  // Whoever was to be added has been, or was refused.
  return judgeRemovals({ planned, applied, approved, adds: 0, ...history })
}

function heldOf(
  verdict: GuardVerdict,
  before: HeldRemovals | undefined,
  now: Pick<HeldRemovals, 'planned' | 'sample' | 'sinceMs'>,
): HeldRemovals {
  const sinceMs = before?.sinceMs ?? now.sinceMs
  if (!verdict.pass) {
    const { limit, rule, message } = verdict
    return { ...now, sinceMs, limit, rule, message }
  }
  const message = `${now.planned} removals wait: the limit was passed, and nobody has approved or rejected them yet.`
  return { ...now, sinceMs, limit: before?.limit ?? 0, rule: before?.rule ?? 'too_many', message }
}
