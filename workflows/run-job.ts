/**
 * A replay, export or redrive: fill its lane, drain it by a child, end it. Pause, rate and progress are written once,
 * here and in the store. A person steers by updates; what they set is in the store before they are answered.
 */
import {
  ApplicationFailure,
  CancellationScope,
  condition,
  defineSignal,
  defineUpdate,
  isCancellation,
  proxyActivities,
  rootCause,
  setCurrentDetails,
  setHandler,
  startChild,
  upsertSearchAttributes,
  type ChildWorkflowHandle,
} from '@temporalio/workflow'
import type { Activities } from '../activities/index.ts'
import type { JobView } from '../activities/jobs.ts'
import { laneWorkflowId } from '../core/ids.ts'
import { describeJob, isOver, jobKinds, type JobKind } from '../core/jobs.ts'
import { drainRetry } from '../core/retry.ts'
import { causewayConnection, causewayLane, causewayStatus } from '../core/search-attributes.ts'
import { drainLane, wakeSignal } from './drain-lane.ts'

export interface JobRunInput {
  jobId: string
  connectionId: string
  kind: JobKind
}

export const pauseUpdate = defineUpdate<JobView>('pause')
export const resumeUpdate = defineUpdate<JobView>('resume')
export const cancelUpdate = defineUpdate<JobView>('cancel')
/** Messages a second at most; null: no limit. */
export const rateUpdate = defineUpdate<JobView, [number | null]>('rate')
/** What held the lane is over. */
export const wakeJobSignal = defineSignal('wake')

const { fillJob } = proxyActivities<Activities>({
  startToCloseTimeout: '15m',
  heartbeatTimeout: '30s',
  retry: drainRetry,
})
const { planJob } = proxyActivities<Activities>({
  startToCloseTimeout: '12h',
  heartbeatTimeout: '30s',
  retry: drainRetry,
})
const steps = proxyActivities<Activities>({ startToCloseTimeout: '1m', retry: drainRetry })

/** A drain ends its request in flight; one that waits out an outage is not waited for. */
const graceful = '30s'
const progressSeconds = { first: 5, last: 300 }

export async function runJob(input: JobRunInput): Promise<JobView> {
  const run = new JobRun(input)
  return run.toEnd()
}

class JobRun {
  private readonly input: JobRunInput
  private view: JobView | undefined
  private lane: ChildWorkflowHandle<typeof drainLane> | undefined
  /** Of the lane: cancelled when it does not end by itself. */
  private readonly scope = new CancellationScope({ cancellable: true })
  private drain: 'none' | 'running' | 'done' | 'failed' = 'none'
  private woken = false
  private held = false
  private finished = false
  private failure: string | undefined

  constructor(input: JobRunInput) {
    this.input = input
    const validator = () => this.assertOpen()
    setHandler(wakeJobSignal, () => this.wake())
    setHandler(pauseUpdate, () => this.steer('pause'), { validator })
    setHandler(resumeUpdate, () => this.steer('resume'), { validator })
    setHandler(cancelUpdate, () => this.steer('cancel'), { validator })
    setHandler(rateUpdate, (rate) => this.steer({ rate }), {
      validator: (rate: unknown) => {
        this.assertOpen()
        if (rate !== null && !(typeof rate === 'number' && Number.isInteger(rate) && rate >= 1))
          throw ApplicationFailure.nonRetryable(
            'rate must be a whole number from 1 on, or null',
            'invalid_request',
          )
      },
    })
  }

  async toEnd(): Promise<JobView> {
    const { jobId } = this.input
    try {
      this.show(await steps.beginJob({ jobId }))
      if (this.view?.dryRun) await this.plan()
      else if (!this.isOver()) await this.fillAndDrain()
    } catch (error) {
      // A run that is cancelled in the Web UI is a job that is cancelled.
      const change = isCancellation(error) ? ('cancel' as const) : { fail: reasonOf(error) }
      await CancellationScope.nonCancellable(() => this.giveUp(change))
    }
    this.finished = true
    const end = {
      jobId,
      how: this.failure === undefined ? 'completed' : 'failed',
      error: this.failure,
    } as const
    this.show(await CancellationScope.nonCancellable(() => steps.endJob(end)))
    if (this.view === undefined) throw new Error('a job ends with a view')
    return this.view
  }

  private async plan(): Promise<void> {
    const { jobId } = this.input
    while (!this.isOver() && (await planJob({ jobId })).state === 'more');
  }

  private async fillAndDrain(): Promise<void> {
    await this.startLane()
    void this.tellProgress()
    for (let state = 'more'; state !== 'done' && !this.isOver() && this.drain === 'running';) {
      this.woken = false
      state = (await fillJob({ jobId: this.input.jobId })).state
      this.held = state === 'held'
      if (this.held) await condition(() => this.woken || this.isOver() || this.drain !== 'running')
      this.held = false
    }
    await condition(() => this.drain !== 'running' || this.isOver())
    await this.endLane()
  }

  /** The lane of an earlier run of this job is terminated with it, a moment later. */
  private async startLane(): Promise<void> {
    const { connectionId } = this.input
    const lane = this.view?.lane
    if (lane === undefined) throw new Error('a job has a lane')
    const typedSearchAttributes = [
      { key: causewayConnection, value: connectionId },
      { key: causewayLane, value: lane },
    ]
    const workflowId = laneWorkflowId(connectionId, lane)
    while (this.lane === undefined) {
      try {
        const staticSummary = `Lane ${lane} of ${connectionId}`
        const options = { workflowId, typedSearchAttributes, staticSummary }
        this.lane = await this.scope.run(() =>
          startChild(drainLane, { ...options, args: [{ connectionId, lane }] }),
        )
      } catch (error) {
        if (!isAlreadyStarted(error)) throw error
        await condition(() => this.isOver(), '1s')
        if (this.isOver()) return
      }
    }
    this.drain = 'running'
    this.lane.result().then(
      () => (this.drain = 'done'),
      (error: unknown) => {
        this.drain = 'failed'
        if (!this.isOver()) this.failure = reasonOf(error)
      },
    )
  }

  private async endLane(): Promise<void> {
    if (this.drain === 'running' && !(await condition(() => this.drain !== 'running', graceful)))
      this.scope.cancel()
    await condition(() => this.drain !== 'running')
  }

  private async giveUp(change: 'cancel' | { fail: string }): Promise<void> {
    if (typeof change === 'object') this.failure = change.fail
    this.show(await steps.steerJob({ jobId: this.input.jobId, change }))
    await this.endLane()
  }

  private async steer(change: 'pause' | 'resume' | 'cancel' | { rate: number | null }): Promise<JobView> {
    const view = await steps.steerJob({ jobId: this.input.jobId, change })
    this.show(view)
    if (change === 'resume' || change === 'cancel') await this.wake()
    return view
  }

  private async wake(): Promise<void> {
    this.woken = true
    try {
      await this.lane?.signal(wakeSignal)
    } catch {
      // It has ended meanwhile.
    }
  }

  /** Often at first, seldom later: a history is no place for a clock. */
  private async tellProgress(): Promise<void> {
    for (let seconds = progressSeconds.first; ; seconds = Math.min(seconds * 2, progressSeconds.last)) {
      await condition(() => this.finished || this.isOver(), seconds * 1000)
      await condition(() => this.finished || this.isOver() || !(this.held || this.view?.status === 'paused'))
      if (this.finished || this.isOver()) return
      this.show(await steps.lookAtJob({ jobId: this.input.jobId }))
    }
  }

  private isOver(): boolean {
    return this.view !== undefined && (this.view.ended || isOver(this.view.status))
  }

  private assertOpen(): void {
    if (this.finished || this.isOver()) throw ApplicationFailure.nonRetryable('It has ended.', 'job_over')
  }

  private show(view: JobView): void {
    if (this.view?.status !== view.status)
      upsertSearchAttributes([{ key: causewayStatus, value: view.status }])
    this.view = view
    setCurrentDetails(describeJob({ ...view, says: jobKinds[this.input.kind].says }))
  }
}

const reasonOf = (error: unknown): string => rootCause(error) ?? 'unknown fault'

/** The class is not among the workflow package's exports. */
const isAlreadyStarted = (error: unknown): boolean =>
  error instanceof Error && error.name === 'WorkflowExecutionAlreadyStartedError'
