/**
 * The mapping as a table: one row per field of the track call, read by `interpreter.ts` and printed by `doc.ts`. Both
 * schemas are those of https://docs.statsig.com/integrations/data-connectors/segment , "Outbound event schema". Rows
 * that are rules rather than fields name the file that tells them. A source is a dotted path of the Statsig event.
 */
import type { EventKind } from './event.ts'

/** Kinds that leave us. */
export type OutKind = Exclude<EventKind, 'internal'>

/** `as it is`: any JSON, null too; only what is absent is left out. `text`: text that is not blank, or a number. */
export type FieldAs = 'as it is' | 'text'

export interface FieldRow {
  target: `context.${string}` | `properties.${string}`
  kinds: readonly OutKind[]
  /** In order: the first source that has something is taken. */
  from: readonly string[]
  as: FieldAs
  why: string
}

/** A field that a rule fills. */
export interface RuledRow {
  target: string
  kinds: readonly OutKind[]
  from: readonly string[]
  as: string
  /** The file in this folder that holds the rule. */
  rule: string
  why: string
}

const events: readonly OutKind[] = ['event', 'exposure']
const changes: readonly OutKind[] = ['config_change']
const all: readonly OutKind[] = [...events, ...changes]

export const fieldRows: readonly FieldRow[] = [
  {
    target: 'context.user',
    kinds: events,
    from: ['user'],
    as: 'as it is',
    why: "The whole Statsig user. `privateAttributes` are for evaluation only and never leave, as in Statsig's SDKs.",
  },
  {
    target: 'context.value',
    kinds: events,
    from: ['value'],
    as: 'as it is',
    why: 'For destinations that read the context alone.',
  },
  {
    target: 'context.metadata',
    kinds: events,
    from: ['metadata'],
    as: 'as it is',
    why: 'As the value; nested.',
  },
  {
    target: 'properties.value',
    kinds: events,
    from: ['value'],
    as: 'as it is',
    why: "Segment's spec reserves it for what an event is worth. Exposures have none: null by SDKs, empty in webhooks.",
  },
  {
    target: 'properties.metadata',
    kinds: events,
    from: ['metadata'],
    as: 'as it is',
    why: 'Stays one nested object, since destinations are set up for `properties.metadata.gate` and the like.',
  },
  {
    target: 'properties.author',
    kinds: changes,
    from: ['user.name', 'user.email'],
    as: 'text',
    why: 'Who changed it, as people know each other.',
  },
  {
    target: 'properties.configName',
    kinds: changes,
    from: ['metadata.name'],
    as: 'text',
    why: 'What was changed.',
  },
  {
    target: 'properties.description',
    kinds: changes,
    from: ['metadata.description'],
    as: 'text',
    why: 'What the change was, in words.',
  },
  {
    target: 'properties.environment',
    kinds: changes,
    from: ['metadata.environment'],
    as: 'text',
    why: 'Where it is in force.',
  },
]

export const ruledRows: readonly RuledRow[] = [
  {
    target: 'event',
    kinds: all,
    from: ['eventName'],
    as: 'text that is not blank, or a number as text',
    rule: 'experiments.ts',
    why: "Statsig's own name. SDKs log `statsig::config_exposure` for experiments too; with a console key we know them, and they go out as `statsig::experiment_exposure` with `experimentGroupName` in the metadata, as Statsig exports them.",
  },
  {
    target: 'messageId',
    kinds: all,
    from: ['timeUUID', 'the event itself'],
    as: 'the UUID, else a hash that every attempt and every export makes again',
    rule: 'message-id.ts',
    why: 'Segment knows a repetition by it, and so do we.',
  },
  {
    target: 'timestamp',
    kinds: all,
    from: ['time', 'timestamp', 'receipt.receivedAt'],
    as: 'ISO 8601; `settings.outbound.timestampFormat: "number"` gives the documented number',
    rule: 'time.ts',
    why: "Segment's spec wants ISO 8601; the number of Statsig's page is outside of it. The clock of an SDK that says it is wrong (`STATSIG-CLIENT-TIME`, `t`) is corrected.",
  },
  {
    target: 'userId',
    kinds: events,
    from: ['settings.outbound.identifiers', 'userID', 'user.userID'],
    as: 'id',
    rule: 'identity.ts',
    why: 'The unit that Statsig assigns by is the user that Segment joins by.',
  },
  {
    target: 'anonymousId',
    kinds: events,
    from: [
      'settings.outbound.identifiers',
      'user.customIDs.stableID',
      'statsigMetadata.stableID',
      'request.statsigMetadata.stableID',
      'settings.identifiers (from anonymousId)',
    ],
    as: 'id; only without a userId',
    rule: 'identity.ts',
    why: 'Segment takes no message without either id, and says so nowhere.',
  },
  {
    target: 'userId',
    kinds: changes,
    from: ['userID', 'user.userID', 'user.email'],
    as: 'id, else `statsig-console`',
    rule: 'identity.ts',
    why: 'A change is made by a person in the console, who need not be a user of the product.',
  },
  {
    target: 'context.stableID',
    kinds: events,
    from: ['user.customIDs.stableID', 'statsigMetadata.stableID', 'request.statsigMetadata.stableID'],
    as: 'id',
    rule: 'identity.ts',
    why: 'For those who rely on it for anonymous users.',
  },
  {
    target: 'context.library',
    kinds: all,
    from: [],
    as: '`{"name": "statsig", "version": "1.0"}`',
    rule: 'index.ts',
    why: "What Statsig's own export says; the loop guard of the inbound direction knows it.",
  },
]
