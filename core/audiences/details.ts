/** What a sync says of itself in the Temporal Web UI, in Markdown. Zod-free: workflows import this file. */
import type { AudienceState } from '../audience-ports.ts'
import { callWindows } from './limits.ts'

/** What an activity answers: states and counts, never an id. */
export interface SyncResult {
  /** `more`: the worker shut down; call again at once. */
  state: AudienceState | 'more'
  reason?: string
  desired: number
  applied: number
  added: number
  removed: number
  failed: number
  calls: number
  /** Removals that wait for approval. */
  held?: number
  /** Calls of the shared budget that were used in each of its windows. */
  budget: number[]
}

const sentences: Record<AudienceState | 'more', string> = {
  idle: 'The list at Statsig is equal to the ledger. The next change wakes this run.',
  syncing:
    'Adding and removing, or waiting for a call of the shared budget. During an outage the pending activity shows the last fault and the next attempt.',
  more: 'The worker is being replaced; the sync goes on.',
  paused: 'The connection is paused by a person. Memberships are kept.',
  waiting_approval: 'Removals wait for a person: approve or reject them. Additions go on.',
  waiting_list: 'There is no list, and none is to be made. Make it at Statsig, or let Causeway make it.',
  needs_attention: 'A person is needed. Memberships are kept; events are not concerned.',
}

export function describeSync(result: SyncResult | { state: 'syncing' }): string {
  const lines = [`**${result.state}**: ${sentences[result.state]}`]
  if (!('desired' in result)) return lines.join('\n\n')
  if (result.reason !== undefined) lines.push(`> ${result.reason}`)
  lines.push(
    `Members desired: **${result.desired}**, on the list: **${result.applied}**, refused: **${result.failed}**`,
    `Last run: ${result.added} added, ${result.removed} removed in ${result.calls} calls`,
  )
  if (result.held !== undefined) lines.push(`Removals that wait: **${result.held}**`)
  const budget = callWindows.map(
    ({ windowMs, callsMax }, index) => `${result.budget[index] ?? 0} of ${callsMax} in ${windowMs / 1000} s`,
  )
  lines.push(`Calls of this Statsig project: ${budget.join(', ')}`)
  return lines.join('\n\n')
}
