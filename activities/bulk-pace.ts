/**
 * How bulk lanes go: by the steering of their job, which is read again for each run, and yielding to live lanes. Live
 * lanes have none of this.
 */
import type { BulkStore, Clock, Lease, Steering } from '../core/ports.ts'
import { taskQueueOf, type LaneName } from '../core/lanes.ts'
import { isOver } from '../core/jobs.ts'
import { nextShare, restMs, runEntries } from '../core/pace.ts'

export interface BulkPaceDeps {
  jobs: BulkStore
  lanes: { check(lease: Lease): Promise<'ours' | 'lost' | 'paused'> }
  clock: Clock
}

export interface BulkPace {
  /** As read when the stint began; undefined for lanes without a job. */
  steering: Steering | undefined
  /** Entries of the next run at most. */
  entriesMax(max: number): Promise<number>
  /** Whether nothing more will come: the lane has ended. Never of a standing lane. */
  isDrained(): Promise<boolean>
  /** Rests after a run as its pace asks, until it is paused or `stopped`. */
  rest(lease: Lease, run: { entries: number; startedMs: number }, isStopped: () => boolean): Promise<void>
}

/** A pause, a cancel and another rate are seen after this, even in a long rest. */
const sliceMs = 200
const lagEveryMs = 1_000

export const isJobLane = (lane: LaneName): boolean => lane.includes(':')

/** Whether the job of a lane has ended or been cancelled: then there is nothing to drain. */
export async function isJobOver(jobs: BulkStore, connectionId: string, lane: LaneName): Promise<boolean> {
  if (!isJobLane(lane)) return false
  const job = await jobs.byLane(connectionId, lane)
  return job === undefined || job.endedAtMs !== undefined || isOver(job.status)
}

export async function createBulkPace(deps: BulkPaceDeps, { laneId, lane }: Lease): Promise<BulkPace> {
  const { jobs, lanes, clock } = deps
  const isJob = isJobLane(lane)
  const isBulk = taskQueueOf(lane) === 'causeway-bulk'
  let [share, lookedAtMs] = [1, 0]
  const steer = async () => (isJob ? jobs.steering(laneId) : undefined)

  async function look(): Promise<void> {
    const nowMs = clock.nowMs()
    if (nowMs - lookedAtMs < lagEveryMs) return
    lookedAtMs = nowMs
    share = nextShare(share, await jobs.liveLagMs(nowMs))
  }

  return {
    steering: await steer(),
    entriesMax: async (max) => runEntries(max, (await steer())?.rate),
    isDrained: async () => isJob && jobs.isDrained(laneId),
    async rest(lease, { entries, startedMs }, isStopped) {
      if (!isBulk) return
      await look()
      const tookMs = clock.nowMs() - startedMs
      for (let restedMs = 0; !isStopped();) {
        const leftMs = restMs({ entries, tookMs, share, rate: (await steer())?.rate }) - restedMs
        if (leftMs <= 0 || (restedMs > 0 && (await lanes.check(lease)) !== 'ours')) return
        const ms = Math.min(leftMs, sliceMs)
        await new Promise((resolve) => setTimeout(resolve, ms))
        restedMs += ms
      }
    },
  }
}
