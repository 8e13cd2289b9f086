/** The activities by the names that histories store. The list is the contract: never rename, only add. */
import { createDrain, type DrainDeps } from './drain.ts'
import { createErase, type EraseDeps } from './erase.ts'
import { createHousekeep, type HousekeepDeps } from './housekeep.ts'

export type ActivityDeps = DrainDeps & HousekeepDeps & EraseDeps

export function createActivities(deps: ActivityDeps) {
  return {
    drain: createDrain(deps),
    housekeep: createHousekeep(deps),
    erase: createErase(deps),
  }
}

export type Activities = ReturnType<typeof createActivities>
