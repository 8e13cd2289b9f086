/**
 * Looks every few seconds whether something has gone wrong or right again, and has it told. One process at a time does
 * this, by a lease in the store; what it tells is a row there first, so nothing is lost while Temporal is away.
 */
import { alertKinds, type Alert, type AlertKind, type Finding } from '../core/alerts.ts'
import { alertWorkflowId } from '../core/ids.ts'
import type { Clock, Ids, Log, Store, WorkflowRuns } from '../core/ports.ts'
import { alertConditions, keyOf } from './alert-conditions.ts'

export interface AlertWatch {
  /** One look. Never throws. */
  look(): Promise<void>
  /** Starts the run of one alert; where Temporal is away the next look does. */
  start(alert: Alert): Promise<void>
}

export interface AlertWatchDeps {
  store: Store
  runs: WorkflowRuns
  clock: Clock
  ids: Ids
  log: Log
  /** Which process this is: any text of its own. */
  owner: string
}

/** Several looks long: one that is late does not hand the lease over. */
const leaseMs = 30_000
/** After this a run may have been lost with Temporal's database. Asking for one that is open changes nothing. */
const startAgainMs = 600_000

export function createAlertWatch(deps: AlertWatchDeps): AlertWatch {
  const { store, clock, log, owner } = deps
  let isLooking = false
  const start = async (alert: Alert) => {
    if (alert.delivery !== 'waiting' && alert.delivery !== 'sending') return
    await deps.runs.start(runOf(alert))
    await store.alerts.markStarted(alert.id, clock.nowMs())
  }
  const look = async () => {
    const nowMs = clock.nowMs()
    if (!(await store.alerts.lease('alerts', owner, nowMs, nowMs + leaseMs))) return
    await reconcile(deps, nowMs)
    for (const alert of await store.alerts.undelivered(nowMs - startAgainMs)) await start(alert)
  }
  const quietly = async (work: () => Promise<void>) => {
    try {
      await work()
    } catch (error) {
      log.warn({ event: 'alerts.look_failed', error: String(error) }, 'alerts.look_failed')
    }
  }
  return {
    start: (alert) => quietly(() => start(alert)),
    async look() {
      if (isLooking) return
      isLooking = true
      await quietly(look)
      isLooking = false
    },
  }
}

async function reconcile({ store, ids, log }: AlertWatchDeps, nowMs: number): Promise<void> {
  const { rejectionRateLimit, kindsOff } = await store.alerts.settings()
  const told = new Set((await store.alerts.conditions()).map(({ key }) => key))
  const found: Finding[] = []
  const looked: AlertKind[] = []
  for (const kind of alertKinds.filter((one) => !kindsOff.includes(one))) {
    try {
      const holds = await alertConditions[kind]?.({
        ...{ store, nowMs, rejectionRateLimit },
        isTold: (key) => told.has(key),
      })
      if (holds === undefined) continue
      found.push(...holds.map((one) => ({ ...one, kind, key: keyOf(kind, one) })))
      looked.push(kind)
    } catch (error) {
      // What could not be looked at is neither over nor new.
      log.warn({ event: 'alerts.not_seen', kind, error: String(error) }, 'alerts.not_seen')
    }
  }
  // Nearly every look finds what is known: then nothing is written.
  const isKnown = found.length === told.size && found.every(({ key }) => told.has(key))
  if (isKnown) return
  for (const { id, kind, state, connectionId, subject } of await store.alerts.reconcile(
    found,
    looked,
    nowMs,
    () => ids.next('alert'),
  )) {
    log.warn({ event: 'alert', alertId: id, kind, state, connectionId, subject }, 'alert')
  }
}

function runOf({ id, kind, state, connectionId, subject }: Alert) {
  return {
    workflow: 'deliverAlert',
    workflowId: alertWorkflowId(id),
    taskQueue: 'causeway-bulk' as const,
    args: [{ alertId: id }],
    summary:
      state === 'test' ? 'Tells the alert webhook of a test' : `Tells the alert webhook: ${kind} ${state}`,
    details:
      'One signed request, tried again with growing pauses for a day. What it says is read from the store.',
    connectionId: connectionId ?? 'none',
    ...(subject === undefined || kind === 'guard_waiting' ? {} : { lane: subject }),
    ...(subject !== undefined && kind === 'guard_waiting' ? { audience: subject } : {}),
  }
}
