/** The activities by the names that histories store. The list is the contract: never rename, only add. */
import { createDecideRemovals } from './decide-removals.ts'
import { createDisconnect, type DisconnectDeps } from './disconnect.ts'
import { createDrain, type DrainDeps } from './drain.ts'
import { createErase, type EraseDeps } from './erase.ts'
import { createFillJob, type FillDeps } from './fill-job.ts'
import { createHousekeep, type HousekeepDeps } from './housekeep.ts'
import { createJobSteps } from './jobs.ts'
import { createParsedBodies } from './parsed-bodies.ts'
import { createPlanJob, type PlanDeps } from './plan-job.ts'
import { createGiveUpAlert, createSendAlert, type AlertDeps } from './send-alert.ts'
import { createSetUp } from './set-up.ts'
import { createStartReconciles, type ReconcileDeps } from './start-reconciles.ts'
import { createSyncMembers, type SyncDeps } from './sync-members.ts'

export type ActivityDeps = { setup: DisconnectDeps } & DrainDeps &
  HousekeepDeps &
  EraseDeps &
  SyncDeps &
  ReconcileDeps &
  FillDeps &
  AlertDeps &
  PlanDeps

export function createActivities(deps: ActivityDeps) {
  const parsed = createParsedBodies()
  return {
    drain: createDrain({ ...deps, parsed }),
    ...createSetUp(deps.setup),
    ...createDisconnect(deps.setup),
    housekeep: createHousekeep(deps),
    erase: createErase(deps),
    syncMembers: createSyncMembers(deps),
    decideRemovals: createDecideRemovals(deps),
    startReconciles: createStartReconciles(deps),
    ...createJobSteps(deps),
    fillJob: createFillJob({ ...deps, parsed }),
    planJob: createPlanJob(deps),
    sendAlert: createSendAlert(deps),
    giveUpAlert: createGiveUpAlert(deps),
  }
}

export type Activities = ReturnType<typeof createActivities>
