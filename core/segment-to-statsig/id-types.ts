/** Custom id types that a mapped event names and its Statsig project does not have. */
import type { Warning } from '../outcome.ts'
import type { StatsigEvent } from '../statsig.ts'

/**
 * One warning for each unknown type; none where all are known. Statsig looks a type up without regard to case
 * (statsig-node 6.5.2, `getUnitID`), and computes no results by a type that the project lacks.
 */
export function unknownIdTypes(event: StatsigEvent, known: readonly string[]): Warning[] {
  const names = new Set(known.map((name) => name.toLowerCase()))
  return Object.keys(event.user.customIDs ?? {})
    .filter((type) => !names.has(type.toLowerCase()))
    .map((type) => ({
      code: 'id_type_unknown',
      path: `user.customIDs.${type}`,
      message: `The Statsig project has no id type "${type}". Create it: POST /connections/:id/unit-id-types.`,
    }))
}
