/** Set-up of a connection at Segment: its steps, its limits of time, and how a run says where it is. Zod-free: workflows import this. */

export type SetupKind = 'manual' | 'oauth' | 'token'

/** Where a set-up is. What a person does: `authorize`, `choose_source`, `keys`, `paste`; the last four are ends. */
export const setupSteps = [
  'authorize',
  'exchange',
  'sources',
  'choose_source',
  'destination',
  'keys',
  'paste',
  'proof',
  'undo',
  'active',
  'failed',
  'expired',
  'cancelled',
] as const
export type SetupStep = (typeof setupSteps)[number]

export const firstStep = { oauth: 'authorize', token: 'sources', manual: 'keys' } as const satisfies Record<
  SetupKind,
  SetupStep
>

/** How long a person, or the proof, is waited for. By hand it may take until somebody else has the rights. */
export const setupWaitMs = 15 * 60_000
export const manualWaitMs = 24 * 3_600_000

export const isEnded = (step: string): boolean => ['active', 'failed', 'expired', 'cancelled'].includes(step)

/** A workspace with its sources, as a person chooses from them. */
export interface SetupChoice {
  workspaceId: string
  name: string
  sources: { id: string; name: string; slug: string }[]
}

/** The same by ids alone: what a history may hold. */
export interface ChoiceIds {
  workspaceId: string
  sourceIds: string[]
}

export const proofEvent = 'Causeway Setup Test'
const proofPrefix = 'causeway-proof-'

/** The messageId of the n-th test event that is sent for a source; Segment takes each once. */
export const proofMessageId = (setupId: string, source: number, n: number): string =>
  `${proofPrefix}${setupId}-${source}-${n}`

/** Whether a message is a proof and no event: by its messageId where we sent it, by its name where a person did. */
export function isProof(messageId: unknown, event: unknown): boolean {
  return event === proofEvent || (typeof messageId === 'string' && messageId.startsWith(proofPrefix))
}

/** What we make in a workspace is known by its name, should our own note of it be lost. */
export const destinationName = (connectionId: string): string => `Causeway ${connectionId}`

/** What calls the destination forwards: every call that a connection may take, and the deletion of a person. */
export const subscriptionTrigger = ['track', 'page', 'screen', 'group', 'identify', 'alias', 'delete']
  .map((type) => `type = "${type}"`)
  .join(' or ')

const told: Record<SetupStep, string> = {
  authorize: 'waits until a person has allowed it at Segment',
  exchange: 'exchanges the consent for a token',
  sources: 'reads the sources of the workspace',
  choose_source: 'waits until a person has chosen a source',
  destination: 'makes the webhook destination',
  keys: 'waits for working keys',
  paste: 'waits until the values are pasted at Segment and a first message comes',
  proof: 'waits until a test event comes back through Segment',
  undo: 'undoes what was made',
  active: 'done: an event has come through',
  failed: 'failed, and undone',
  expired: 'not finished in time, and undone',
  cancelled: 'cancelled, and undone',
}

/** Markdown for the Temporal Web UI. */
export function describeSetup(step: SetupStep, error?: { code: string; text: string }): string {
  const why = error === undefined ? '' : `\n\n\`${error.code}\`: ${error.text}`
  return `**${step}**: ${told[step]}.${why}`
}
