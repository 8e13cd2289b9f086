/** Waiting, until a time or Ctrl-C. */
import { setTimeout as sleep } from 'node:timers/promises'

/** True when the time is over, false when it was cut short. */
export async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(ms, undefined, { signal })
    return true
  } catch {
    return false
  }
}
