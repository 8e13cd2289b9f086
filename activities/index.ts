/** The activities by the names that histories store. The list is the contract: never rename, only add. */
import { createDrain, type DrainDeps } from './drain.ts'

export type ActivityDeps = DrainDeps

export function createActivities(deps: ActivityDeps) {
  return {
    drain: createDrain(deps),
  }
}

export type Activities = ReturnType<typeof createActivities>
