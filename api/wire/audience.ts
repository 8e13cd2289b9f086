/** The shapes of audiences in the control plane, and how they are made of the store's. */
import { z } from '@hono/zod-openapi'
import { idTypeOf } from '../../core/audiences/unit.ts'
import { audienceWorkflowId } from '../../core/ids.ts'
import type { Audience as StoredAudience, MemberRow, SyncRun } from '../../core/ports.ts'
import type { ConnectionSettings } from '../../core/settings.ts'
import type { ApiDeps } from '../deps.ts'
import { iso } from './connection.ts'

export const syncModes = ['changes', 'full', 'reconcile'] as const
const count = z.int()

const Run = z.object({
  mode: z.enum(syncModes),
  status: z.enum(['success', 'partial', 'stopped']),
  startedAt: z.string(),
  endedAt: z.string(),
  added: count,
  removed: count,
  failed: count,
  calls: count,
  difference: z.object({ missing: count, extra: count }).optional(),
})

const Guard = z.object({
  state: z.enum(['clear', 'waiting']),
  planned: count.optional(),
  limit: count.optional(),
  rule: z.enum(['too_many', 'would_empty']).optional(),
  message: z.string().optional(),
  since: z.string().optional(),
  sample: z.array(z.string()).optional(),
})

export const Audience = z
  .object({
    key: z.string(),
    connectionId: z.string(),
    unit: z.string().openapi({ description: 'Which id of a message goes into the list.' }),
    unitIdType: z.string().nullable().openapi({ description: 'The unit id type of the list at Statsig.' }),
    createList: z.boolean(),
    removals: z.enum(['mirror', 'never']),
    computationId: z.string().nullable(),
    state: z.enum(['idle', 'syncing', 'paused', 'waiting_approval', 'waiting_list', 'needs_attention']),
    reason: z.string().nullable(),
    counts: z.object({
      desired: count,
      applied: count,
      adding: count,
      removing: count,
      failed: count,
      setAside: count,
    }),
    guard: Guard,
    requestedMode: z.enum(syncModes).nullable(),
    lastRun: Run.nullable(),
    warnings: z.array(z.object({ code: z.string(), at: z.string(), message: z.string() })),
    workflowId: z.string(),
    temporalUrl: z.string(),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .openapi('Audience')
export type Audience = z.infer<typeof Audience>

export const AudiencePatch = z
  .strictObject({
    unit: z.string().trim().min(1).max(200),
    unitIdType: z.string().trim().min(1).max(100).nullable(),
    createList: z.boolean(),
    removals: z.enum(['mirror', 'never']),
  })
  .partial()
  .openapi('AudiencePatch')

export const memberStates = ['in', 'out', 'adding', 'removing', 'failed', 'set_aside'] as const
export const Member = z
  .object({
    id: z.string().nullable(),
    state: z.enum(memberStates),
    desired: z.boolean(),
    applied: z.boolean(),
    at: z.string(),
    error: z.string().nullable(),
  })
  .openapi('Member')
export type Member = z.infer<typeof Member>

export function audienceToWire(
  { config }: ApiDeps,
  { identifiers }: ConnectionSettings,
  audience: StoredAudience,
): Audience {
  const { key, connectionId, unit, createList, removals, state, lastRun, guard } = audience
  const { desired, applied, addsDue: adding, removesDue: removing, failed, setAside } = audience
  const workflowId = audienceWorkflowId(connectionId, key)
  const { url, namespace } = config.temporalUi
  return {
    ...{ key, connectionId, unit, createList, removals, state, workflowId },
    unitIdType: audience.idType ?? idTypeOf(unit, identifiers) ?? null,
    computationId: audience.computationId ?? null,
    reason: audience.reason ?? null,
    counts: { desired, applied, adding, removing, failed, setAside },
    guard: guardToWire(guard),
    requestedMode: audience.requestedMode ?? null,
    lastRun: lastRun === undefined ? null : runToWire(lastRun),
    warnings: audience.warnings.map(({ code, atMs, message }) => ({ code, at: iso(atMs), message })),
    temporalUrl: `${url}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}`,
    createdAt: iso(audience.createdAtMs),
    updatedAt: iso(audience.updatedAtMs),
  }
}

function guardToWire(guard: StoredAudience['guard']): Audience['guard'] {
  if (guard === undefined) return { state: 'clear' }
  const { sinceMs, ...held } = guard
  return { state: 'waiting', ...held, since: iso(sinceMs) }
}

function runToWire({ startedAtMs, endedAtMs, ...run }: SyncRun): z.infer<typeof Run> {
  return { ...run, startedAt: iso(startedAtMs), endedAt: iso(endedAtMs) }
}

export function memberToWire({ id, desired, applied, atMs, error }: MemberRow): Member {
  const settled = desired ? (applied ? 'in' : 'adding') : applied ? 'removing' : 'out'
  const state = error === undefined ? settled : 'failed'
  return { id, state, desired, applied, at: iso(atMs), error: error ?? null }
}
