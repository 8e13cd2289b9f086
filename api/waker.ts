/**
 * Wakes lanes: at most once a second each, never awaited by ingest. While Temporal is down nothing is lost: the sweep
 * finds every lane that has work and nobody doing it.
 */
import type { LaneName } from '../core/lanes.ts'
import type { Clock, LaneStarter, LaneStore, Log } from '../core/ports.ts'

const wakeEveryMs = 1_000
/**
 * A drain commits or fails at least once a minute, or the lane counts as touched until the wait ends that a vendor asked
 * for; one that has been silent for longer may have lost its workflow.
 */
const silentMs = 90_000
const ensureEveryMs = 30_000

export interface Waker {
  wake(connectionId: string, lane: LaneName): void
  /** To be called about once a second. */
  sweep(): Promise<void>
}

interface WakerDeps {
  lanes: LaneStore
  starter: LaneStarter
  clock: Clock
  log: Log
}

export function createWaker({ lanes, starter, clock, log }: WakerDeps): Waker {
  const calledAtMs = new Map<string, number>()

  function call(kind: 'wake' | 'ensure', connectionId: string, lane: LaneName, everyMs: number): void {
    const key = `${kind}:${connectionId}:${lane}`
    const nowMs = clock.nowMs()
    if (nowMs - (calledAtMs.get(key) ?? -Infinity) < everyMs) return
    calledAtMs.set(key, nowMs)
    void tell(kind, connectionId, lane)
  }

  async function tell(kind: 'wake' | 'ensure', connectionId: string, lane: LaneName): Promise<void> {
    try {
      await starter[kind](connectionId, lane)
    } catch (error) {
      log.warn({ event: 'lane.wake_failed', connectionId, lane, error: String(error) }, 'lane.wake_failed')
    }
  }

  const wake = (connectionId: string, lane: LaneName): void => call('wake', connectionId, lane, wakeEveryMs)
  return {
    wake,
    async sweep() {
      for (const { connectionId, lane, state } of await lanes.forsaken(clock.nowMs() - silentMs)) {
        if (state === 'asleep') wake(connectionId, lane)
        else call('ensure', connectionId, lane, ensureEveryMs)
      }
    },
  }
}
