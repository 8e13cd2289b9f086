/**
 * Who did it, at Segment. `userId` is Statsig's userID. Only without one, `anonymousId` is the first that is there of
 *
 * 1. the identifiers mapped to it in `outbound.identifiers`, in their order;
 * 2. the stable id: the user's own, the event's, then the one of its request, where browser SDKs write it;
 * 3. the custom id types that the inbound direction fills from Segment's `anonymousId`: what came in as one goes out
 *    as one.
 *
 * An identifier mapped to `userId` takes the place of userID, because a person asked for it. A config change was made
 * by a person in the console and has no unit: https://docs.statsig.com/integrations/data-connectors/segment
 */
import { idOrWarning, idText } from '../segment-to-statsig/ids.ts'
import type { Notes } from '../segment-to-statsig/notes.ts'
import type { ConnectionSettings } from '../settings.ts'
import { anyCase, customIdsOf, type StatsigEventView } from './event.ts'
import { eventPathReader } from './read-path.ts'

export interface SegmentIds {
  userId?: string
  anonymousId?: string
}

/** Who changed something when the change names nobody: a person must be able to tell it from a user. */
const consoleUser = 'statsig-console'

/** The ids of an event; neither is a rejection, which the caller words. */
export function idsOf(view: StatsigEventView, settings: ConnectionSettings, notes: Notes): SegmentIds {
  if (view.kind === 'config_change') return { userId: editorOf(view, notes) }
  const userId = mappedId(view, settings, 'userId', notes) ?? userIdOf(view, notes)
  if (userId !== undefined) return { userId }
  const anonymousId =
    mappedId(view, settings, 'anonymousId', notes) ??
    stableIdOf(view, 'anonymousId', notes) ??
    returningId(view, settings, notes)
  return anonymousId === undefined ? {} : { anonymousId }
}

/** The stable id of an event, which goes into `context.stableID` too. */
export function stableIdOf(view: StatsigEventView, target: string, notes: Notes): string | undefined {
  const places: [unknown, string][] = [
    [anyCase(customIdsOf(view), 'stableID'), 'user.customIDs.stableID'],
    [view.statsigMetadata.stableID, 'statsigMetadata.stableID'],
    [view.batch?.statsig?.stableID, 'request.statsigMetadata.stableID'],
  ]
  return firstId(places, target, notes)
}

/** userID: at the top in Statsig's webhooks, in `user` by SDKs. */
export function userIdOf(view: StatsigEventView, notes: Notes): string | undefined {
  const places: [unknown, string][] = [
    [view.item.userID, 'userID'],
    [anyCase(view.user, 'userID'), 'user.userID'],
  ]
  return firstId(places, 'userId', notes)
}

function editorOf({ item, user }: StatsigEventView, notes: Notes): string {
  const places: [unknown, string][] = [
    [item.userID, 'userID'],
    [anyCase(user, 'userID'), 'user.userID'],
    [user.email, 'user.email'],
  ]
  const found = firstId(places, 'userId', notes)
  if (found === undefined) notes.origin('userId', 'default')
  return found ?? consoleUser
}

function mappedId(
  view: StatsigEventView,
  settings: ConnectionSettings,
  target: 'userId' | 'anonymousId',
  notes: Notes,
): string | undefined {
  const mapped = settings.outbound.identifiers.filter(({ to }) => to === target)
  return firstId(
    mapped.map(({ from }) => [mappedValue(view, from), from]),
    target,
    notes,
  )
}

function returningId(view: StatsigEventView, settings: ConnectionSettings, notes: Notes): string | undefined {
  const types = settings.identifiers.filter(({ from }) => from === 'anonymousId')
  const customIds = customIdsOf(view)
  return firstId(
    types.map(({ to }) => [anyCase(customIds, to), `user.customIDs.${to}`]),
    'anonymousId',
    notes,
  )
}

/** `from` names a custom id type, or a dotted path in the event or in its user. */
function mappedValue(view: StatsigEventView, from: string): unknown {
  return (
    anyCase(customIdsOf(view), from) ?? eventPathReader(from)(view) ?? eventPathReader(`user.${from}`)(view)
  )
}

/** The first that counts as an id; one that stands there and does not count is passed over with a warning. */
function firstId(places: readonly [unknown, string][], target: string, notes: Notes): string | undefined {
  for (const [value, path] of places) {
    if (value === undefined || value === null || value === '') continue
    const id = idText(value) === value ? value : idOrWarning(value, path, notes)
    if (typeof id !== 'string') continue
    notes.origin(target, path)
    return id
  }
  return undefined
}
