/** A message's whole story as a time line, with what came in and what went out beside each other. */
import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { problemOf } from '../../api/client.ts'
import { storyQuery } from '../../api/queries.ts'
import type { EntryStory } from '../../api/shapes.ts'
import { Copy } from '../../parts/copy.tsx'
import { JsonView } from '../../parts/json-view.tsx'
import { laneWord, reasonWord } from '../../parts/lane-words.ts'
import { TimeAgo } from '../../parts/now.tsx'
import { OutcomeMark } from '../../parts/outcome-mark.tsx'
import { ProblemNote } from '../../parts/problem-note.tsx'
import { Empty } from '../../parts/empty.tsx'
import { MessageActions } from './actions.tsx'
import { TimeLine } from './time-line.tsx'
import { isMapped, Today } from './today.tsx'
import { Warnings } from './warnings.tsx'
import { ButtonLink } from '../../parts/button-link.tsx'

export function MessagePanel({ id, isPage = false }: { id: string; isPage?: boolean }) {
  const { data: story, error, refetch } = useQuery(storyQuery(id))
  if (error && problemOf(error).status === 404)
    return (
      <Empty title="This message is no longer kept">
        Its history is past the retention, or the person was erased. Counters still know it.
      </Empty>
    )
  if (error) return <ProblemNote error={error} retry={() => void refetch()} />
  if (!story) return <Skeleton height={420} />
  return (
    <article className="stack wide">
      <header className="stack">
        {!isPage && (
          <h2 style={{ margin: 0, paddingRight: 40, overflowWrap: 'anywhere' }}>
            {story.event ?? story.type ?? 'Message'}
          </h2>
        )}
        <div className="row">
          <OutcomeMark outcome={story.outcome} />
          {story.reason !== undefined && <span>{reasonWord(story)}</span>}
        </div>
        {story.detail !== undefined && (
          <p style={{ margin: 0 }}>
            {story.path !== undefined && <code className="mono">{story.path}</code>} {story.detail}
          </p>
        )}
      </header>
      <Facts story={story} isPage={isPage} />
      <MessageActions story={story} />
      <section>
        <h3>What happened</h3>
        <TimeLine story={story} />
      </section>
      <Bodies story={story} />
      {isMapped(story) && <Today key={story.id} story={story} />}
    </article>
  )
}

function Facts({ story, isPage }: { story: EntryStory; isPage: boolean }) {
  return (
    <dl className="facts">
      <dt>Message id</dt>
      <dd>
        <span className="mono">{story.messageId ?? 'not read yet'}</span>
        {story.messageId !== undefined && <Copy text={story.messageId} label="Copy the message id" />}
      </dd>
      <dt>User</dt>
      <dd>{story.userId ?? '–'}</dd>
      <dt>Lane</dt>
      <dd>{laneWord(story.lane)}</dd>
      <dt>Received</dt>
      <dd>
        <TimeAgo at={story.receivedAt} />
      </dd>
      {story.related.length > 0 && (
        <>
          <dt>Also in</dt>
          <dd className="row">
            {story.related.map((id) => (
              <Link key={id} to="/messages/$messageId" params={{ messageId: id }} className="mono">
                {id}
              </Link>
            ))}
          </dd>
        </>
      )}
      {!isPage && (
        <>
          <dt>Address</dt>
          <dd>
            <Link to="/messages/$messageId" params={{ messageId: story.id }}>
              its own page
            </Link>
          </dd>
        </>
      )}
    </dl>
  )
}

function Bodies({ story }: { story: EntryStory }) {
  return (
    <>
      {story.warnings.length > 0 && (
        <section>
          <h3>Warnings</h3>
          <Warnings connectionId={story.connectionId} warnings={story.warnings} />
        </section>
      )}
      <div className="halves">
        <section>
          <h3>As received</h3>
          {story.received === undefined ? (
            <p className="dim">The body is no longer kept.</p>
          ) : (
            <JsonView value={story.received} label="the message as received" />
          )}
        </section>
        <section>
          <h3>As mapped</h3>
          {story.mapped === undefined ? (
            <p className="dim">Nothing was to be sent.</p>
          ) : (
            <JsonView value={story.mapped} label="the event as mapped" />
          )}
        </section>
      </div>
    </>
  )
}

export const OpenTester = ({ story }: { story: EntryStory }) => (
  <ButtonLink
    to="/connections/$connectionId/test"
    params={{ connectionId: story.connectionId }}
    search={{ from: story.id }}
    variant="default"
  >
    Open in the tester
  </ButtonLink>
)
