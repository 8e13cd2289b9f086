/**
 * The inbound half of the loop guard. Statsig's exports to Segment are track calls of the library `statsig`
 * (https://docs.statsig.com/integrations/data-connectors/segment); one that comes back to us by a source that feeds
 * both must not be counted again. Whether its messageId is one of ours is for the caller to ask.
 */
import { isObject } from '../own-keys.ts'
import type { BatchContext } from '../receipt.ts'

const STATSIG_LIBRARY = 'statsig'
const STATSIG_EVENTS = 'statsig::'

/** Whether a message, by its own word or its batch's, was made by Statsig's library name. */
export function isFromStatsigLibrary(item: unknown, batch?: BatchContext): boolean {
  if (!isObject(item)) return false
  const name = libraryName(item.context) ?? libraryName(batch?.context)
  return name === STATSIG_LIBRARY
}

/** Whether it is one of Statsig's own events on its way back. */
export function isStatsigEcho(item: unknown, batch?: BatchContext): boolean {
  if (!isObject(item) || typeof item.event !== 'string') return false
  return item.event.startsWith(STATSIG_EVENTS) && isFromStatsigLibrary(item, batch)
}

function libraryName(context: unknown): unknown {
  if (!isObject(context) || !isObject(context.library)) return undefined
  return context.library.name
}
