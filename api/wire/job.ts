/** The shapes of replays, exports and redrives in the control plane: one body, and what each asks for. */
import { z } from '@hono/zod-openapi'
import { etaOf, plannedOf, type ExportSpec, type RedriveSpec, type ReplaySpec } from '../../core/jobs.ts'
import type { Job as StoredJob, JobNote } from '../../core/ports.ts'
import { messageTypes } from '../../core/segment-to-statsig/message.ts'
import type { ApiDeps } from '../deps.ts'
import { iso } from './connection.ts'

const time = z.iso.datetime({ offset: true }).openapi({ description: 'ISO 8601, a time of receipt.' })
const rate = z.int().min(1).max(1_000_000).openapi({ description: 'Messages a second at most.' })
const force = (description: string) => z.boolean().default(false).openapi({ description })
const dryRun = z
  .boolean()
  .default(false)
  .openapi({ description: 'Plans and sends nothing: the answer stays `planned`, with its `plan`.' })
const until = (from: string, to: string) => Date.parse(from) < Date.parse(to)

export const NewReplay = z
  .strictObject({
    source: z.enum(['store', 'archive']),
    path: z.string().min(1).max(2_000).optional(),
    from: time,
    to: time,
    events: z.array(z.string().min(1).max(1_024)).min(1).max(1_000).optional(),
    types: z.array(z.enum(messageTypes)).min(1).optional(),
    rate: rate.optional(),
    force: force('Sends what was delivered before, too: it counts twice at Statsig.'),
    dryRun,
  })
  .refine(({ from, to }) => until(from, to), { path: ['to'], message: 'must be after `from`' })
  .refine(({ source, path }) => (source === 'archive') === (path !== undefined), {
    path: ['path'],
    message: 'is what an archive needs, and a replay from the store has none',
  })
  .openapi('NewReplay')

export const NewExport = z
  .strictObject({
    from: time,
    to: time,
    rate: rate.optional(),
    force: force(
      'Sends what was delivered before, too, under the same messageIds: Segment drops those that it still knows.',
    ),
    dryRun,
  })
  .refine(({ from, to }) => until(from, to), { path: ['to'], message: 'must be after `from`' })
  .openapi('NewExport')

export const NewRedrive = z
  .strictObject({
    outcome: z.enum(['rejected', 'filtered', 'skipped']),
    lane: z.enum(['events', 'late', 'outbound']).optional(),
    since: time.optional(),
    until: time.optional(),
    messageIds: z.array(z.string().min(1).max(1_024)).min(1).max(1_000).optional(),
    rate: rate.optional(),
  })
  .refine(({ since, until: end }) => since === undefined || end === undefined || until(since, end), {
    path: ['until'],
    message: 'must be after `since`',
  })
  .openapi('NewRedrive')

export const NewRate = z.strictObject({ rate: rate.nullable() }).openapi('NewRate')

const count = z.int()
const tally = z.record(z.string(), count)

const Plan = z
  .object({
    ...{ total: count, deliverable: count, delivered: count, tooOld: count },
    ...{ outsideWindow: count, notSelected: count, byDay: tally, byType: tally, byEvent: tally },
    ...{ filtered: tally, skipped: tally, rejected: tally, notes: tally, estimateSeconds: count },
  })
  .openapi('Plan')

const Note = z.object({ kind: z.string(), file: z.string(), count, detail: z.string().optional() })

export const Job = z
  .object({
    id: z.string(),
    connectionId: z.string(),
    status: z.enum(['planned', 'running', 'paused', 'completed', 'cancelled', 'failed']),
    error: z.string().optional(),
    counts: z.object({
      ...{ planned: count, done: count, delivered: count, filtered: count, skipped: count, rejected: count },
      ...{ outsideWindow: count, notSelected: count, unsent: count },
    }),
    rate: rate.nullable(),
    ratePerSecond: count,
    etaSeconds: count.nullable(),
    plan: Plan.optional(),
    /** What was odd in the source, at most 200 of it; the report has all. */
    notes: z.array(Note),
    workflowId: z.string(),
    temporalUrl: z.string(),
    lane: z.string(),
    createdAt: z.string(),
    startedAt: z.string().optional(),
    endedAt: z.string().optional(),
  })
  .openapi('Job')
export type Job = z.infer<typeof Job>

export const Replay = Job.extend({
  source: z.enum(['store', 'archive']),
  path: z.string().optional(),
  ...{ from: z.string(), to: z.string() },
  events: z.array(z.string()).optional(),
  types: z.array(z.string()).optional(),
  ...{ force: z.boolean(), dryRun: z.boolean() },
}).openapi('Replay')

export const Export = Job.extend({
  ...{ from: z.string(), to: z.string() },
  ...{ force: z.boolean(), dryRun: z.boolean() },
}).openapi('Export')

export const Redrive = Job.extend({
  outcome: z.enum(['rejected', 'filtered', 'skipped']),
  lanes: z.array(z.string()),
  since: z.string().optional(),
  until: z.string().optional(),
  messageIds: z.array(z.string()).optional(),
}).openapi('Redrive')

const notesMax = 200

/** What all kinds have in common. */
export async function jobToWire({ config, store, clock }: ApiDeps, job: StoredJob): Promise<Job> {
  const { id, connectionId, status, lane, totals, startedAtMs, endedAtMs } = job
  const planned = plannedOf({ ...job, accepted: totals.accepted })
  const done = totals.accepted - totals.pending
  const ratePerSecond = paceOf(job, clock.nowMs())
  const { url, namespace } = config.temporalUi
  const notes: JobNote[] = (await store.jobs.notes(id)).slice(0, notesMax)
  return {
    ...{ id, connectionId, status, lane, notes, ratePerSecond },
    ...(job.error === undefined ? {} : { error: job.error }),
    counts: {
      ...{ planned, done, delivered: totals.delivered, filtered: totals.filtered },
      ...{ skipped: totals.skipped, rejected: totals.rejected },
      ...{ outsideWindow: job.outsideWindow, notSelected: job.notSelected, unsent: job.unsent },
    },
    rate: job.rate ?? null,
    etaSeconds: endedAtMs === undefined ? etaOf(planned - done, ratePerSecond) : 0,
    ...(job.plan === undefined ? {} : { plan: job.plan }),
    workflowId: lane,
    temporalUrl: `${url}/namespaces/${namespace}/workflows/${encodeURIComponent(lane)}`,
    createdAt: iso(job.createdAtMs),
    ...(startedAtMs === undefined ? {} : { startedAt: iso(startedAtMs) }),
    ...(endedAtMs === undefined ? {} : { endedAt: iso(endedAtMs) }),
  }
}

/** A pace that nobody has confirmed for a while is none. */
const paceValidMs = 15_000

function paceOf({ status, perSecond, measuredAtMs, endedAtMs }: StoredJob, nowMs: number): number {
  if (endedAtMs !== undefined) return perSecond
  return status === 'running' && nowMs - measuredAtMs < paceValidMs ? perSecond : 0
}

export async function replayToWire(deps: ApiDeps, job: StoredJob): Promise<z.infer<typeof Replay>> {
  const { source, path, fromMs, toMs, events, types } = job.spec as ReplaySpec
  return {
    ...(await jobToWire(deps, job)),
    source,
    ...(path === undefined ? {} : { path }),
    ...{ from: iso(fromMs), to: iso(toMs), force: job.force, dryRun: job.dryRun },
    ...(events === undefined ? {} : { events }),
    ...(types === undefined ? {} : { types }),
  }
}

export async function exportToWire(deps: ApiDeps, job: StoredJob): Promise<z.infer<typeof Export>> {
  const { fromMs, toMs } = job.spec as ExportSpec
  const { force: isForced, dryRun: isDry } = job
  const window = { from: iso(fromMs), to: iso(toMs) }
  return { ...(await jobToWire(deps, job)), ...window, force: isForced, dryRun: isDry }
}

export async function redriveToWire(deps: ApiDeps, job: StoredJob): Promise<z.infer<typeof Redrive>> {
  const { outcome, lanes, sinceMs, untilMs, messageIds } = job.spec as RedriveSpec
  return {
    ...(await jobToWire(deps, job)),
    ...{ outcome, lanes },
    ...(sinceMs === undefined ? {} : { since: iso(sinceMs) }),
    ...(untilMs === undefined ? {} : { until: iso(untilMs) }),
    ...(messageIds === undefined ? {} : { messageIds }),
  }
}
