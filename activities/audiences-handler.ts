/** Memberships to the ledger: lane `audiences`. Whether Statsig has them is the sync's business. */
import type {
  AudienceStore,
  AudienceSyncs,
  Clock,
  FoldedMembership,
  PlacedMembership,
} from '../core/ports.ts'
import { readMembership, type Membership } from '../core/audiences/membership.ts'
import type { EntryEnding, LaneHandler } from './lane-handler.ts'

/** Many at a time: the ledger sorts them, and folds each stretch of it in a short transaction. */
const limits = { entriesMax: 10_000, bytesMax: 8_000_000 }

export interface AudiencesHandlerDeps {
  audiences: AudienceStore
  syncs: AudienceSyncs
  clock: Clock
}

export function createAudiencesHandler({ audiences, syncs, clock }: AudiencesHandlerDeps): LaneHandler {
  return {
    limits,
    vendor: { name: 'The ledger', unavailable: 'store_busy', rateLimited: 'store_busy' },
    decide(item, receipt, settings) {
      const { seen, verdict } = readMembership(item, receipt, settings)
      if (verdict.kind !== 'mapped') return { seen, verdict }
      return { seen, verdict: { ...verdict, event: JSON.stringify(verdict.event) } }
    },
    async send({ connectionId, entries }) {
      const memberships = entries.map(({ seq, event }): PlacedMembership => ({
        ...(JSON.parse(event) as Membership),
        seq,
      }))
      const { folded, due } = await audiences.fold(connectionId, memberships, clock.nowMs())
      // A sync that cannot be told now is told when this is folded again, which changes nothing else.
      for (const key of due) await syncs.changed(connectionId, key)
      const endings = new Map<number, EntryEnding>()
      folded.forEach((one, index) => {
        const ending = endingOf(one)
        const entry = entries[index]
        if (entry && ending) endings.set(entry.seq, ending)
      })
      return { endings }
    },
  }
}

function endingOf(folded: FoldedMembership): EntryEnding | undefined {
  if (folded === 'stale') return { outcome: 'skipped', reason: 'stale_membership' }
  if (typeof folded === 'string') return undefined
  return { outcome: 'rejected', reason: folded.code, detail: folded.message }
}
