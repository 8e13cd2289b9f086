/**
 * The dry run: reads the source as a replay would, and maps, filters and looks up each message, but sends and takes
 * nothing. It begins anew after a crash, since it leaves nothing behind.
 */
import { BridgeError } from '../core/errors.ts'
import { emptyPlan, estimateSeconds, planMessage, tally, type Plan } from '../core/plan.ts'
import type { Clock, ConnectionStore, Filling, Job, JobStore, LaneStore, Log } from '../core/ports.ts'
import type { ConnectionSettings } from '../core/settings.ts'
import { parseBody, receiptOf, unpackStored } from '../core/stored-request.ts'
import { lineReceipt } from '../core/archive-line.ts'
import { toFailure } from './failures.ts'
import type { FillDeps, FillResult, JobInput } from './fill-job.ts'
import type { LaneHandler } from './lane-handler.ts'
import { watchForStop } from './watch-for-stop.ts'

export interface PlanDeps extends Pick<FillDeps, 'fillers'> {
  jobs: JobStore
  connections: ConnectionStore
  lanes: Pick<LaneStore, 'body'>
  handlers: Partial<Record<string, LaneHandler>>
  clock: Clock
  log: Log
}

/** Ids of one window that are remembered to find repetitions in it; past that, a plan counts repetitions as sent. */
const rememberedMax = 300_000

export function createPlanJob(deps: PlanDeps) {
  return async function planJob({ jobId }: JobInput): Promise<FillResult> {
    const stopping = watchForStop(() => 0)
    try {
      return { state: await plan(deps, jobId, stopping) }
    } catch (error) {
      throw toFailure(error, deps.log)
    } finally {
      stopping.end()
    }
  }
}

async function plan(
  deps: PlanDeps,
  jobId: string,
  stopping: ReturnType<typeof watchForStop>,
): Promise<FillResult['state']> {
  const { jobs, clock, fillers } = deps
  const stored = await jobs.get(jobId)
  if (!stored) throw new BridgeError('not_found', `There is no job ${jobId}.`)
  const job: Job = { ...stored, checkpoint: undefined }
  const source = 'source' in job.spec && job.spec.source === 'archive' ? fillers.archive : fillers.store
  const planner = await createPlanner(deps, job)
  let touchedMs = 0
  for await (const { filling } of source(job, stopping.signal)) {
    stopping.signal.throwIfAborted()
    if (stopping.shutdown || stopping.forgotten) return 'more'
    await planner.add(filling)
    if (clock.nowMs() - touchedMs < 2_000) continue
    touchedMs = clock.nowMs()
    await jobs.touch(jobId, touchedMs)
    if ((await jobs.get(jobId))?.status === 'cancelled') return 'over'
  }
  await jobs.savePlan(jobId, planner.end())
  return 'done'
}

async function createPlanner(deps: PlanDeps, job: Job) {
  const { connections, lanes, handlers, jobs } = deps
  const connection = await connections.get(job.connectionId)
  const handler = handlers[job.handler]
  if (!connection || !handler) throw new BridgeError('not_found', `Nothing drains ${job.lane}.`)
  const plan: Plan = emptyPlan()
  const seen = new Set<string>()

  async function addRequest(request: Request, items: number[] | undefined): Promise<void> {
    const decided = decideAll(handler as LaneHandler, request, items, connection?.settings, job.createdAtMs)
    const ids = decided.flatMap(({ seen: { messageId }, verdict }) =>
      verdict.kind === 'mapped' && messageId !== undefined ? [messageId] : [],
    )
    const claimed = job.force ? new Set<string>() : await jobs.claimed(job.id, ids)
    for (const {
      day,
      seen: { messageId, type, event },
      verdict,
    } of decided) {
      const isRepeated = messageId !== undefined && (claimed.has(messageId) || seen.has(messageId))
      planMessage(plan, { day, type, event, verdict, wasDelivered: isRepeated })
      if (messageId !== undefined && verdict.kind === 'mapped' && seen.size < rememberedMax)
        seen.add(messageId)
    }
    await new Promise(setImmediate)
  }

  return {
    async add({ references = [], bodies = [], notes = [], ...counts }: Filling): Promise<void> {
      plan.outsideWindow += counts.outsideWindow ?? 0
      plan.notSelected += counts.notSelected ?? 0
      for (const { kind, count } of notes) tally(plan.notes, kind, count)
      for (const body of bodies) await addRequest({ ...body, callerIp: undefined }, undefined)
      for (const { requestId, items } of references) {
        const request = await jobs.request(requestId)
        if (request) await addRequest({ ...request, body: await lanes.body(requestId) }, items)
      }
    },
    end: (): Plan => ({ ...plan, estimateSeconds: estimateSeconds(plan, job.rate) }),
  }
}

type Request = Parameters<typeof receiptOf>[0] & { body: Uint8Array }

function decideAll(
  handler: LaneHandler,
  request: Request,
  wanted: number[] | undefined,
  settings: ConnectionSettings | undefined,
  ageAtMs: number,
) {
  const unpacked = unpackStored(request, parseBody(request.body))
  if (!unpacked.ok || settings === undefined) return []
  const receipt = { ...receiptOf(request, unpacked.batch), ageAtMs }
  const items = wanted ?? unpacked.items.map((_, index) => index)
  return items.map((index) => {
    const item = unpacked.items[index]
    const { seen, verdict } = handler.decide(item, receipt, settings)
    const { receivedAtMs } = lineReceipt(item, receipt)
    const day = Number.isNaN(receivedAtMs) ? '(unknown)' : new Date(receivedAtMs).toISOString().slice(0, 10)
    return { seen, verdict, day }
  })
}
