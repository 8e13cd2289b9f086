/**
 * The mapping as a table: one row per field of the Statsig event, read by `interpreter.ts` and printed by `doc.ts`.
 * Rows that are rules rather than fields name the file that tells them. A source is a dotted path of the message;
 * `receipt.…` and `settings.…` are what we know besides it.
 */
import type { MessageType } from '../settings.ts'

/** Targets that the interpreter fills. */
export type FieldTarget =
  | 'value'
  | 'user.email'
  | 'user.ip'
  | 'user.userAgent'
  | 'user.locale'
  | 'user.appVersion'
  | 'user.statsigEnvironment.tier'
  | 'metadata.name'
  | 'metadata.category'
  | 'metadata.previousId'

/**
 * `text`: text that is not blank, or a number as text. `number`: a finite number, or text that is one.
 * `id`: text that is not blank, or a number that is exact, as text.
 */
export type FieldKind = 'text' | 'number' | 'id'

export interface FieldRow {
  target: FieldTarget
  /** The calls that have the field; all of them without it. */
  types?: readonly MessageType[]
  /** In order: the first source with a usable value is taken. */
  from: readonly string[]
  as: FieldKind
  default?: string
  why: string
}

/** A field that a rule fills. */
export interface RuledRow {
  target: string
  from: readonly string[]
  as: string
  /** The file in this folder that holds the rule. */
  rule: string
  default?: string
  why: string
}

const eventCalls: readonly MessageType[] = ['track', 'page', 'screen', 'alias']
const named: readonly MessageType[] = ['page', 'screen']

export const fieldRows: readonly FieldRow[] = [
  {
    target: 'value',
    types: eventCalls,
    from: ['properties.value', 'properties.revenue'],
    as: 'number',
    why: "Segment's spec reserves both for what an event is worth; 0 is a value. What is no number stays metadata only.",
  },
  {
    target: 'value',
    types: ['group'],
    from: ['groupId'],
    as: 'id',
    why: 'A group call says which group; Statsig counts and filters by value.',
  },
  {
    target: 'user.statsigEnvironment.tier',
    types: eventCalls,
    from: ['properties.statsigEnvironment.tier', 'settings.environment'],
    as: 'text',
    default: 'production',
    why: 'Statsig counts what names no tier as production; saying so makes it visible.',
  },
  {
    target: 'user.statsigEnvironment.tier',
    types: ['group'],
    from: ['properties.statsigEnvironment.tier', 'traits.statsigEnvironment.tier', 'settings.environment'],
    as: 'text',
    default: 'production',
    why: 'A group call has traits where others have properties.',
  },
  {
    target: 'user.email',
    from: ['context.traits.email'],
    as: 'text',
    why: "Where every call may carry it; a group's own `traits.email` is the group's, not the user's.",
  },
  {
    target: 'user.ip',
    from: ['context.ip', 'receipt.callerIp'],
    as: 'text',
    why: 'Statsig derives the country from it. The caller counts only where it is the user: see caller-address.ts.',
  },
  {
    target: 'user.userAgent',
    from: ['context.userAgent'],
    as: 'text',
    why: 'Statsig derives browser and operating system from it.',
  },
  { target: 'user.locale', from: ['context.locale'], as: 'text', why: 'The same field under the same name.' },
  {
    target: 'user.appVersion',
    from: ['context.app.version'],
    as: 'text',
    why: 'Gates and results can be cut by the version of the app.',
  },
  {
    target: 'metadata.name',
    types: named,
    from: ['name'],
    as: 'text',
    why: 'Page and screen calls share one event name each, so that metrics stay few; which one it was is metadata.',
  },
  { target: 'metadata.category', types: named, from: ['category'], as: 'text', why: 'As the name.' },
  {
    target: 'metadata.previousId',
    types: ['alias'],
    from: ['previousId'],
    as: 'text',
    why: 'All that an alias call has to say; alias is off unless switched on.',
  },
]

export const ruledRows: readonly RuledRow[] = [
  {
    target: 'eventName',
    from: ['event', 'type', 'name'],
    as: 'the prefix, then the name of a track call or the type of any other',
    rule: 'names.ts',
    why: 'The prefix tells the source. Characters at which Statsig drops an event become `_`.',
  },
  {
    target: 'time',
    from: ['timestamp', 'sentAt', 'originalTimestamp', 'receivedAt'],
    as: 'ISO 8601, or an integer in seconds or milliseconds',
    rule: 'time.ts',
    default: 'the time of receipt',
    why: 'A time that cannot be read is refused, never replaced by now.',
  },
  {
    target: 'user.userID',
    from: ['userId', 'settings.identifiers', 'properties.statsigCustomIDs'],
    as: 'id; a later source wins',
    rule: 'identity.ts',
    why: 'Statsig joins events to experiments by it, as text.',
  },
  {
    target: 'user.customIDs.*',
    from: ['settings.identifiers', 'properties.statsigCustomIDs', 'traits.statsigCustomIDs (group)'],
    as: 'id; a later source wins, and properties win over traits',
    rule: 'identity.ts',
    why: 'Units of randomization other than the user.',
  },
  {
    target: 'user.custom.*',
    from: ['properties.statsigCustom', 'traits.statsigCustom (group)'],
    as: 'text, number, boolean or list of text',
    rule: 'pairs.ts',
    why: 'Attributes that gates target and results are cut by.',
  },
  {
    target: 'metadata.*',
    from: ['properties.*', 'traits.* (group)'],
    as: 'text; nested names joined by `_`, arrays as JSON text, null left out',
    rule: 'metadata.ts',
    why: 'Statsig keeps metadata as text, and reads a dot in a name as a path.',
  },
]
