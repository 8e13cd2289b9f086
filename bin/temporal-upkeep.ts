/**
 * What must be on the Temporal server before work is done there: search attributes, Schedules. All of it is lost with
 * Temporal's database, while our processes go on running; so it is not only made at the start but looked after.
 */
import type { Connection } from '@temporalio/client'
import type { Log } from '../core/ports.ts'
import { ensureSchedules } from './schedules.ts'
import { registerSearchAttributes } from './search-attributes.ts'

/** A lane cannot be woken while an attribute is missing, so this is how long a lost database may hold one up. */
const everyMs = 10_000
/** A call without a deadline waits for as long as Temporal is down. */
const deadlineMs = 3_000

export interface UpkeepOptions {
  namespace: string
  /** Whether this process looks after the Schedules. */
  withSchedules: boolean
  log: Log
}

/** Makes what is missing; harmless when nothing is. */
export async function prepareTemporal(
  connection: Connection,
  { namespace, withSchedules }: Omit<UpkeepOptions, 'log'>,
): Promise<void> {
  await connection.withDeadline(Date.now() + deadlineMs, async () => {
    await registerSearchAttributes(connection, namespace)
    if (withSchedules) await ensureSchedules(connection, namespace)
  })
}

/** Prepares the server again every 10 s on a connection that heals by itself. Answers how to stop it. */
export function lookAfterTemporal(
  connection: Connection,
  options: UpkeepOptions,
  intervalMs = everyMs,
): () => Promise<void> {
  let wasWell = true
  let running: Promise<void> | undefined
  const look = async (): Promise<void> => {
    try {
      await prepareTemporal(connection, options)
      wasWell = true
    } catch (error) {
      // Once an outage, not every 10 s of it.
      if (wasWell)
        options.log.warn({ event: 'temporal.upkeep_failed', error: String(error) }, 'temporal.upkeep_failed')
      wasWell = false
    }
  }
  const timer = setInterval(() => {
    running ??= look().finally(() => (running = undefined))
  }, intervalMs)
  return async () => {
    clearInterval(timer)
    await running
    await connection.close()
  }
}
