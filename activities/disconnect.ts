/** The steps of a connection's removal: its set-up is ended, its runs are, and the store lets it go. */
import { Context } from '@temporalio/activity'
import { BridgeError } from '../core/errors.ts'
import { connectWorkflowId, laneWorkflowId } from '../core/ids.ts'
import { standingLanes, type LaneName } from '../core/lanes.ts'
import type { RemovalStore, WorkflowRuns } from '../core/ports.ts'
import { createNamed, type SetupDeps } from './set-up.ts'

export interface DisconnectDeps extends SetupDeps {
  removal: RemovalStore
  runs: WorkflowRuns
}

export interface DisconnectRef {
  connectionId: string
}

/** After a step that removed something: it held the write lock for some milliseconds, and SQLite's lock is not fair. */
const pauseMs = 20

export function createDisconnect(deps: DisconnectDeps) {
  const named = createNamed(deps)
  return {
    /** Answers whether the set-up has ended; it undoes what it made first. */
    endSetup: named((ref: DisconnectRef) => endSetup(deps, ref)),
    /** Answers how much is still to be delivered, in lanes that are not held. */
    countUndelivered: named((ref: DisconnectRef) => countUndelivered(deps, ref)),
    closeConnection: named((ref: DisconnectRef) => closeConnection(deps, ref)),
    endLanes: named((ref: DisconnectRef & { lanes: LaneName[] }) => endLanes(deps, ref)),
    purgeConnection: named((ref: DisconnectRef) => purgeConnection(deps, ref)),
  }
}

async function endSetup({ setups, runs, clock }: DisconnectDeps, { connectionId }: DisconnectRef) {
  const setup = await setups.newest(connectionId)
  if (!setup || setup.endedAtMs !== undefined) return { ended: true }
  try {
    await runs.update(connectWorkflowId(connectionId), 'cancelSetup', [])
  } catch (error) {
    if (!(error instanceof BridgeError) || error.code !== 'not_found') throw error
    // Its run is gone with Temporal's database; what it made is removed with all else.
    await setups.record(setup.id, { step: 'cancelled' }, clock.nowMs())
  }
  return { ended: false }
}

async function countUndelivered({ connections }: DisconnectDeps, { connectionId }: DisconnectRef) {
  const connection = await connections.get(connectionId)
  const lanes = await connections.lanes(connectionId)
  const moving = lanes.filter(({ state, paused }) => state !== 'needs_attention' && !paused)
  const pending = moving.reduce((sum, lane) => sum + lane.pending, 0)
  return { pending: connection === undefined || connection.paused ? 0 : pending }
}

async function closeConnection(
  { connections, removal, access, clock }: DisconnectDeps,
  { connectionId }: DisconnectRef,
): Promise<{ lanes: LaneName[] }> {
  const lanes = (await connections.lanes(connectionId)).map(({ lane }) => lane)
  const discarded = await removal.close(connectionId, clock.nowMs())
  await access.audit({
    ...{ atMs: clock.nowMs(), actor: { kind: 'system', name: 'disconnectSegment' } },
    ...{ action: 'connection.closed', target: { kind: 'connection', id: connectionId } },
    ...{ before: undefined, status: undefined },
    after: { undelivered: Object.fromEntries(discarded.map((lane) => [lane.lane, lane.discarded])) },
  })
  return { lanes: [...new Set<LaneName>([...standingLanes, ...lanes])] }
}

/** A lane's run lives as long as its connection. One that is not open needs no end. */
async function endLanes(
  { runs }: DisconnectDeps,
  { connectionId, lanes }: DisconnectRef & { lanes: LaneName[] },
): Promise<void> {
  for (const lane of lanes) {
    try {
      await runs.cancel(laneWorkflowId(connectionId, lane))
    } catch (error) {
      if (!(error instanceof BridgeError) || error.code !== 'not_found') throw error
    }
  }
}

async function purgeConnection({ removal }: DisconnectDeps, { connectionId }: DisconnectRef) {
  let rows = 0
  for await (const removed of removal.purge(connectionId)) {
    rows += removed
    Context.current().cancellationSignal.throwIfAborted()
    await new Promise((resolve) => setTimeout(resolve, removed > 0 ? pauseMs : 0))
  }
  return { rows }
}
