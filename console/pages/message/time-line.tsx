/** Accepted, each attempt with the vendor's words, the outcome. */
import type { Attempt, EntryStory } from '../../api/shapes.ts'
import { TimeAgo } from '../../parts/now.tsx'
import { clockTime, duration, plural } from '../../parts/numbers.ts'
import { OutcomeMark, StateMark } from '../../parts/outcome-mark.tsx'
import { reasonWord } from '../../parts/lane-words.ts'

export function TimeLine({ story }: { story: EntryStory }) {
  const beginMs = Date.parse(story.receivedAt)
  return (
    <ol className="timeline">
      <li>
        <StateMarkDot tone="good" />
        <strong>Accepted</strong> <Moment at={story.receivedAt} />
        <div className="dim">on disk before its sender had the answer</div>
      </li>
      {story.attempts.map((attempt, index) => (
        <AttemptItem key={attempt.at} attempt={attempt} number={index + 1} beginMs={beginMs} />
      ))}
      <li>
        <span className="dot">
          <OutcomeMark outcome={story.outcome} bare />
        </span>
        <strong>{endingWord[story.outcome]}</strong>{' '}
        {story.endedAt !== undefined && <Moment at={story.endedAt} beginMs={beginMs} />}
        <div className="dim">{ending(story)}</div>
      </li>
    </ol>
  )
}

function AttemptItem({ attempt, number, beginMs }: { attempt: Attempt; number: number; beginMs: number }) {
  const fine = attempt.status !== undefined && attempt.status < 300
  return (
    <li>
      <StateMarkDot tone={fine ? 'good' : 'warn'} />
      <strong>Attempt {number}</strong> <Moment at={attempt.at} beginMs={beginMs} />
      <div className="dim">
        {attempt.status === undefined ? attempt.code : `status ${attempt.status}`} after{' '}
        {duration(attempt.durationMs)}, with {plural(attempt.entries, 'event')} in the request, settings
        version {attempt.settingsVersion}
      </div>
      {attempt.answer !== undefined && attempt.answer !== '' && (
        <blockquote className="mono" style={{ margin: '4px 0 0', overflowWrap: 'anywhere' }}>
          {attempt.answer}
        </blockquote>
      )}
    </li>
  )
}

const StateMarkDot = ({ tone }: { tone: 'good' | 'warn' }) => (
  <span className="dot">
    <StateMark tone={tone}>{''}</StateMark>
  </span>
)

function Moment({ at, beginMs }: { at: string; beginMs?: number }) {
  return (
    <span className="dim num">
      {clockTime(at)}
      {beginMs === undefined ? '' : ` · +${duration(Math.max(0, Date.parse(at) - beginMs))}`} ·{' '}
      <TimeAgo at={at} />
    </span>
  )
}

const endingWord = {
  pending: 'Waiting',
  delivered: 'Delivered',
  filtered: 'Filtered',
  skipped: 'Skipped',
  rejected: 'Rejected',
}

function ending(story: EntryStory): string {
  switch (story.outcome) {
    case 'pending':
      return 'It is kept and goes out when its turn comes.'
    case 'delivered':
      return story.lane === 'audiences' ? 'The ledger of the audience has it.' : 'The vendor took it.'
    default:
      return `${reasonWord(story)}. Nothing was lost: it is kept as it came.`
  }
}
