/** An audience's state in words, and how far its list is from what it should be. */
import type { Audience, AudienceState } from '../../api/audiences.ts'
import { count } from '../../parts/numbers.ts'
import { StateMark } from '../../parts/outcome-mark.tsx'

const states: Record<AudienceState, { tone: 'good' | 'warn' | 'bad' | 'dim'; word: string }> = {
  idle: { tone: 'good', word: 'in step' },
  syncing: { tone: 'good', word: 'syncing' },
  paused: { tone: 'warn', word: 'paused' },
  waiting_approval: { tone: 'warn', word: 'waits for your decision' },
  waiting_list: { tone: 'warn', word: 'waits for a list' },
  needs_attention: { tone: 'bad', word: 'needs you' },
}

export function AudienceMark({ audience }: { audience: Audience }) {
  const { tone, word } = states[audience.state]
  return <StateMark tone={tone}>{word}</StateMark>
}

export function Gap({ audience: { counts } }: { audience: Audience }) {
  const { adding, removing } = counts
  if (adding === 0 && removing === 0) return <span className="dim">none</span>
  return (
    <span className="num nowrap">
      {adding > 0 && `+${count(adding)} to add`}
      {adding > 0 && removing > 0 && ', '}
      {removing > 0 && `−${count(removing)} to remove`}
    </span>
  )
}
