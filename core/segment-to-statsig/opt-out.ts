/**
 * `integrations`: a sender's word on where a message may go. Ours to honour on the tracking API only; on the way
 * through a webhook or an archive Segment has applied it, and what arrives there says `All: false` of itself:
 * https://segment.com/docs/guides/filtering-data/#filtering-with-the-integrations-object
 */
import { isObject } from '../own-keys.ts'
import type { Message } from './message.ts'

/** Whether the sender keeps this message from Statsig: `Statsig: false`, or `All: false` without a `Statsig`. */
export function isOptedOut({ item, receipt }: Message): boolean {
  if (receipt.source !== 'tracking') return false
  const statsig = flag(item.integrations, 'statsig') ?? flag(receipt.batch?.integrations, 'statsig')
  if (statsig !== undefined) return statsig === false
  const all = flag(item.integrations, 'all') ?? flag(receipt.batch?.integrations, 'all')
  return all === false
}

/** A switch by its lower-case name, spelt in any case; null says nothing, and options (an object) mean yes. */
function flag(integrations: unknown, name: string): unknown {
  if (!isObject(integrations)) return undefined
  let found: unknown
  for (const key of Object.keys(integrations)) {
    if (key.length !== name.length || key.toLowerCase() !== name) continue
    const value = integrations[key]
    // Two spellings that disagree: a no outweighs a yes.
    if (value === false) return false
    if (value !== null) found = value
  }
  return found
}
