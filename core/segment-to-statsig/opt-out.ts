/**
 * `integrations`: a sender's word on where a message may go. Ours to honour on the tracking API only; on the way
 * through a webhook or an archive Segment has applied it, and what arrives there says `All: false` of itself:
 * https://segment.com/docs/guides/filtering-data/#filtering-with-the-integrations-object
 */
import { isObject, type Json } from '../own-keys.ts'
import type { Message } from './message.ts'

/** Whether the sender keeps this message from Statsig: `Statsig: false`, or `All: false` without a `Statsig`. */
export function isOptedOut({ item, receipt }: Message): boolean {
  if (receipt.source !== 'tracking') return false
  const ofBatch = switchesOfBatch(receipt.batch?.integrations)
  const statsig = flag(item.integrations, 'statsig') ?? ofBatch.statsig
  if (statsig !== undefined) return statsig === false
  return (flag(item.integrations, 'all') ?? ofBatch.all) === false
}

interface Switches {
  statsig?: unknown
  all?: unknown
}

const none: Switches = {}
/** Read once a batch and not once a message: both may fill a body of 16 MB. */
const known = new WeakMap<Json, Switches>()

function switchesOfBatch(integrations: Json | undefined): Switches {
  if (integrations === undefined) return none
  let switches = known.get(integrations)
  if (switches === undefined) {
    switches = { statsig: flag(integrations, 'statsig'), all: flag(integrations, 'all') }
    known.set(integrations, switches)
  }
  return switches
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
