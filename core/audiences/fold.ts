/**
 * One word on one person, folded into what the ledger has of her: the newest moment wins; of two at the same moment
 * the one that came later. Whatever the order in which the words arrive, the end is the same.
 */
import { compareMoments, type Moment } from './moment.ts'

export interface MemberWord extends Moment {
  isMember: boolean
  /** Position in the lane; it breaks ties, and a word that is folded again finds its own. */
  seq: number
}

/** `kept`: the ledger says so already. `stale`: the ledger knows something newer. */
export type Folded = 'changed' | 'kept' | 'stale'

export function foldWord(known: MemberWord | undefined, word: MemberWord): Folded {
  if (known === undefined) return 'changed'
  const order = compareMoments(word, known)
  if (order !== 0) return order > 0 ? 'changed' : 'stale'
  if (word.seq > known.seq) return 'changed'
  return word.isMember === known.isMember || word.seq === known.seq ? 'kept' : 'stale'
}
