/** The exported names are the workflow types stored in histories: never rename, only add. */
export { drainLane } from './drain-lane.ts'
export { erasePerson } from './erase-person.ts'
export { housekeeping } from './housekeeping.ts'
