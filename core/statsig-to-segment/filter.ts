/**
 * The connection's outbound filters on an event. As in Statsig's own dialog
 * (https://docs.statsig.com/integrations/event_filtering) exposures and config changes have a switch each, and
 * `default` is about custom events: a switch that is off holds its kind back whatever the rules say; where it is on
 * and no rule decides, the kind goes out.
 */
import { compileFilters, type Filter, type FilterVerdict } from '../filters/index.ts'
import type { FilterReason } from '../outcome.ts'
import type { ConnectionSettings } from '../settings.ts'
import type { Notes } from '../segment-to-statsig/notes.ts'
import type { Seen } from '../segment-to-statsig/seen.ts'
import type { StatsigEventView } from './event.ts'
import { eventPathReader } from './read-path.ts'

type OutboundFilters = ConnectionSettings['filters']['outbound']

/** Per version of settings; a memory of what was compiled, not a state. */
const compiled = new WeakMap<OutboundFilters, Filter<StatsigEventView>>()

/** The compiled outbound filters of settings. */
export function outboundFilterOf({ filters: { outbound } }: ConnectionSettings): Filter<StatsigEventView> {
  let filter = compiled.get(outbound)
  if (filter === undefined) {
    filter = compileFilters(outbound, eventPathReader)
    compiled.set(outbound, filter)
  }
  return filter
}

/** The rule that holds an event back, or undefined. A sample is drawn by the user's id, else the stable id. */
export function heldBackBy(
  view: StatsigEventView,
  seen: Seen,
  settings: ConnectionSettings,
  notes: Notes,
): FilterReason | undefined {
  const filter = filterVerdictOf(view, seen, settings)
  notes.filter(filter)
  return filter.included ? undefined : filter.rule
}

function filterVerdictOf(view: StatsigEventView, seen: Seen, settings: ConnectionSettings): FilterVerdict {
  const { outbound } = settings.filters
  if (view.kind === 'exposure' && !outbound.exposures) return { included: false, rule: 'exposures' }
  if (view.kind === 'config_change' && !outbound.configChanges) {
    return { included: false, rule: 'configChanges' }
  }
  const verdict = outboundFilterOf(settings)(view, {
    type: view.kind,
    event: seen.event,
    unitId: () => seen.userId ?? seen.anonymousId ?? seen.messageId ?? '',
  })
  const isOfSwitch = verdict.rule === 'default' && view.kind !== 'event'
  return isOfSwitch ? { ...verdict, included: true } : verdict
}
