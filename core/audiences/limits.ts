/**
 * Statsig's limits on ID lists (Console API, OpenAPI of 2026-05) and what we keep of them. Zod-free.
 */

/** Ids that one call takes. */
export const idsPerCallMax = 100_000

/**
 * Calls that change an ID list, per project: the vendor allows 12 in 10 s and 900 in 15 min. We stay below, as the
 * vendor counts when a call arrives and we when it leaves.
 */
export const callWindows = [
  { windowMs: 10_000, callsMax: 10 },
  { windowMs: 900_000, callsMax: 850 },
] as const

/** A list that has once had more ids is delivered to SDKs in another way, and never goes back. */
export const bigListFrom = 1_000
/** All ID lists of a project together. */
export const projectIdsMax = 10_000_000
const projectIdsWarnFrom = 0.8 * projectIdsMax

/** What a segment's id may be, and so an audience's key. */
export const listIdPattern = /^[A-Za-z0-9_-]{3,100}$/

export interface AudienceWarning {
  code: 'over_1000_ids' | 'project_cap_near' | 'computation_changed' | 'unit_changed'
  atMs: number
  message: string
}

/** Of sizes alone; `listIds` is what the list is going to have. */
export function sizeWarnings(
  { listIds, projectIds }: { listIds: number; projectIds: number },
  atMs: number,
): AudienceWarning[] {
  const warnings: AudienceWarning[] = []
  if (listIds > bigListFrom) {
    const message = `The list has, or is about to have, more than ${bigListFrom} ids. That is one-way at Statsig: server SDKs need ID list sync from then on (core SDKs: enableIdLists), ids are compared exactly, and edge configs do not get the list.`
    warnings.push({ code: 'over_1000_ids', atMs, message })
  }
  if (projectIds >= projectIdsWarnFrom) {
    const message = `The ID lists of this Statsig project hold about ${projectIds} ids; the limit of all lists together is ${projectIdsMax}.`
    warnings.push({ code: 'project_cap_near', atMs, message })
  }
  return warnings
}

/** The fewest calls that carry so many ids. */
export function leastCalls(adds: number, removes: number): number {
  return Math.ceil(adds / idsPerCallMax) + Math.ceil(removes / idsPerCallMax)
}

/** How long it is known how large an audience was: as long as the counts of lanes. */
export const sizesKeptMs = 90 * 24 * 3_600_000
