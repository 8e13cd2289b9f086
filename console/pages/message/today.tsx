/** What the mapping of today makes of a message, line by line against what was made of it then. Asked for by a button. */
import { Button } from '../../parts/button.tsx'
import { useMutation } from '@tanstack/react-query'
import type { EntryStory } from '../../api/shapes.ts'
import { testMessage, type Trace } from '../../api/trace.ts'
import { plural } from '../../parts/numbers.ts'
import { StateMark } from '../../parts/outcome-mark.tsx'
import { linesOf } from '../../parts/path-json.tsx'
import { ProblemNote } from '../../parts/problem-note.tsx'
import { reasonWord } from '../../parts/lane-words.ts'
import { differenceOf } from './difference.ts'

/** What is folded into a ledger or passed on as it is has no mapping to compare. */
export const isMapped = ({ lane, received }: EntryStory): boolean =>
  received !== undefined && !/^(audiences|forward)$/.test(lane)

const isOutbound = (lane: string): boolean => lane === 'outbound' || lane.startsWith('export:')

export function Today({ story }: { story: EntryStory }) {
  const { connectionId, received, lane } = story
  const test = useMutation({
    mutationFn: () =>
      testMessage(connectionId, { message: received, lane: isOutbound(lane) ? 'outbound' : 'events' }),
  })
  return (
    <section className="stack" aria-labelledby="today">
      <div className="row between">
        <h3 id="today" style={{ margin: 0 }}>
          With the settings of today
        </h3>
        <Button variant="default" loading={test.isPending} onClick={() => test.mutate()}>
          {test.data ? 'Compare again' : 'Compare'}
        </Button>
      </div>
      {test.error && <ProblemNote error={test.error} />}
      <div aria-live="polite">{test.data && <Compared story={story} trace={test.data} />}</div>
    </section>
  )
}

function Compared({ story, trace }: { story: EntryStory; trace: Trace }) {
  if (trace.mapped == null)
    return (
      <p style={{ margin: 0 }}>
        <StateMark tone="dim">Nothing would be sent</StateMark>{' '}
        {trace.reason !== null && reasonWord({ reason: trace.reason, outcome: outcomeOf(trace) })}{' '}
        {trace.detail}
      </p>
    )
  const now = withTimeOf(story.mapped, trace.mapped)
  const lines = differenceOf(story.mapped === undefined ? [] : textOf(story.mapped), textOf(now))
  const changed = lines.filter(({ kind }) => kind !== 'same').length
  return (
    <div className="stack">
      <p style={{ margin: 0 }}>
        {changed === 0 ? (
          <StateMark tone="good">Today’s mapping gives the same event</StateMark>
        ) : (
          <StateMark tone="warn">Today’s mapping differs in {plural(changed, 'line')}</StateMark>
        )}{' '}
        <span className="dim">Its time is left out of the comparison.</span>
      </p>
      {changed > 0 && (
        <pre className="json" tabIndex={0} role="region" aria-label="Mapped then against mapped today">
          {lines.map(({ kind, text }, at) => (
            <span key={at} className={`line ${kind}`}>
              <span aria-hidden>{kind === 'added' ? '+ ' : kind === 'removed' ? '− ' : '  '}</span>
              {kind !== 'same' && <span className="sr-only">{kind === 'added' ? 'today: ' : 'then: '}</span>}
              {text}
            </span>
          ))}
        </pre>
      )}
    </div>
  )
}

const outcomeOf = ({ outcome }: Trace) => (outcome === 'filtered' ? 'filtered' : 'skipped')
const textOf = (value: unknown): string[] =>
  linesOf(value).map(({ text, depth }) => `${'  '.repeat(depth)}${text}`)

/** A time may come from the moment of receipt, which for the mapping of today is now. */
function withTimeOf(then: unknown, now: unknown): unknown {
  if (typeof then !== 'object' || then === null || typeof now !== 'object' || now === null) return now
  const kept = Object.fromEntries(
    ['time', 'timestamp', 'sentAt'].flatMap((key) =>
      Object.hasOwn(then, key) && Object.hasOwn(now, key)
        ? [[key, (then as Record<string, unknown>)[key]]]
        : [],
    ),
  )
  return { ...now, ...kept }
}
