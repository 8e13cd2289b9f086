/** What lanes, reasons and holds are called in front of people. */
import type { Entry, Lane } from '../api/shapes.ts'

export function laneWord(lane: string): string {
  if (lane.startsWith('replay:')) return 'replay'
  if (lane.startsWith('export:')) return 'export'
  if (lane.startsWith('redrive:')) return 'redrive'
  return lane
}

const reasons: Record<string, string> = {
  duplicate: 'its message id went out before',
  too_old: 'older than the limit',
  type_off: 'calls of this type are off',
  identify_without_audience: 'identify calls are for audiences only',
  internal: 'internal to the vendor or to Causeway',
  stale_membership: 'a newer membership is known',
  erased: 'this person was erased',
  integrations: 'its sender excludes Statsig in `integrations`',
  loop: 'it came from Causeway itself',
  no_id: 'no identifier that Statsig can use',
  no_event_name: 'a track without a name',
  not_json: 'not JSON',
  too_deep: 'nested too deep',
  invalid_time: 'its time cannot be read',
  time_in_future: 'its time is more than a day ahead',
}

/** The API counts rules from nought; people from one. */
export function ruleWord(rule: string): string {
  const at = /^rule:(\d+)$/.exec(rule)?.[1]
  if (at !== undefined) return `filter rule ${Number(at) + 1}`
  return rule === 'default' ? 'the default, since no rule fits' : `“${rule}”`
}

/** The reason in words; a code that we do not know is shown as it is. */
export function reasonWord(entry: Pick<Entry, 'reason' | 'outcome'>): string {
  const { reason } = entry
  if (reason === undefined) return ''
  if (Object.hasOwn(reasons, reason)) return reasons[reason] ?? reason
  if (reason.startsWith('vendor_')) return `the vendor refused it (${reason.slice(7)})`
  return entry.outcome === 'filtered' ? `left out by ${ruleWord(reason)}` : reason.replaceAll('_', ' ')
}

/** Why a lane stands; the drain says it in a sentence. */
export const holdWord = (lane: Lane): string => lane.reason?.replace(/[.]$/, '') ?? 'it waits for a person'
