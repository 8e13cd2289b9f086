/** The connection's inbound filters on a message: what its rules can ask, and the rules compiled once. */
import { compileFilters, type Filter, type FilterVerdict } from '../filters/index.ts'
import type { Filters } from '../filters/rules.ts'
import type { ConnectionSettings } from '../settings.ts'
import type { Message } from './message.ts'
import { settingReader } from './read-path.ts'
import type { Seen } from './seen.ts'

/** Per version of settings; a memory of what was compiled, not a state. */
const compiled = new WeakMap<Filters, Filter<Message>>()

/** The compiled inbound filters of settings. */
export function inboundFilterOf({ filters: { inbound } }: ConnectionSettings): Filter<Message> {
  let filter = compiled.get(inbound)
  if (filter === undefined) {
    filter = compileFilters(inbound, settingReader)
    compiled.set(inbound, filter)
  }
  return filter
}

/** Which rule decides on a message, and what. A sample is drawn by `userId`, else `anonymousId`, else `messageId`. */
export function filterVerdictOf(message: Message, seen: Seen, settings: ConnectionSettings): FilterVerdict {
  const { type } = message
  const isNamed = type === 'track' || type === 'page' || type === 'screen'
  return inboundFilterOf(settings)(message, {
    type,
    event: isNamed ? seen.event : undefined,
    unitId: () => seen.userId ?? seen.anonymousId ?? seen.messageId ?? '',
  })
}
