/** Each event that was seen with its volume, to be ticked. */
import { Checkbox, Skeleton, TextInput } from '@mantine/core'
import { Button } from '../../parts/button.tsx'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { call } from '../../api/client.ts'
import { Empty } from '../../parts/empty.tsx'
import { TimeAgo } from '../../parts/now.tsx'
import { compact, count } from '../../parts/numbers.ts'
import { ProblemNote } from '../../parts/problem-note.tsx'
import { tick, verdictOf, type Direction, type Filters } from './draft.ts'

interface Counts {
  total: number
  delivered: number
  filtered: number
  skipped: number
  rejected: number
}

interface CatalogueEvent {
  event: string | null
  type: string | null
  direction: Direction
  last24h: Counts
  last7d: Counts
  firstSeenAt: string
  lastSeenAt: string
  included: boolean
  depends: boolean
  isOther: boolean
}

interface Props {
  connectionId: string
  direction: Direction
  draft: Filters
  saved: Filters
  setDraft: (next: Filters) => void
}

const rowsMax = 100

export function EventsTable({ connectionId, direction, draft, saved, setDraft }: Props) {
  const [search, setSearch] = useState('')
  const [isAll, setAll] = useState(false)
  const seen = useInfiniteQuery({
    queryKey: ['events', connectionId],
    queryFn: ({ pageParam }) =>
      call<{ data: CatalogueEvent[]; nextCursor: string | null }>(
        'GET',
        `/connections/${connectionId}/events`,
        { query: { limit: 500, cursor: pageParam } },
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  })
  if (seen.error) return <ProblemNote error={seen.error} retry={() => void seen.refetch()} />
  if (!seen.data) return <Skeleton height={220} />
  const events = seen.data.pages
    .flatMap(({ data }) => data)
    .filter((one) => one.direction === direction)
    .sort((a, b) => b.last7d.total - a.last7d.total)
  if (events.length === 0)
    return (
      <Empty title="No event was seen yet">
        Each name will stand here with its volume, to be ticked. Send some events, or write a rule below.
      </Empty>
    )
  const found = events.filter(({ event, type }) =>
    `${event ?? ''} ${type ?? ''}`.toLowerCase().includes(search.toLowerCase()),
  )
  const most = Math.max(1, ...events.map(({ last7d }) => last7d.total))
  return (
    <div className="card">
      <div className="row between pad" style={{ paddingBlock: 8 }}>
        <TextInput
          aria-label="Find an event"
          placeholder="Find an event"
          size="xs"
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
          w={240}
        />
        <span className="dim num">{count(found.length)} names, the last 7 days</span>
      </div>
      <div className="table-frame">
        <table className="plain">
          <thead>
            <tr>
              <th>Goes on</th>
              <th>Event</th>
              <th>Call</th>
              <th className="right">7 days</th>
              <th>
                <span className="sr-only">Share</span>
              </th>
              <th className="right">Rejected</th>
              <th className="right">Last seen</th>
            </tr>
          </thead>
          <tbody>
            {(isAll ? found : found.slice(0, rowsMax)).map((one) => (
              <EventRow
                key={`${one.type ?? ''} ${one.event ?? ''} ${one.isOther}`}
                {...{ one, most, connectionId, draft, saved, setDraft }}
              />
            ))}
          </tbody>
        </table>
      </div>
      {found.length > rowsMax && !isAll && (
        <div className="pad">
          <Button variant="default" onClick={() => setAll(true)}>
            Show all {count(found.length)}
          </Button>
        </div>
      )}
      {seen.hasNextPage && (
        <div className="pad">
          <Button variant="default" onClick={() => void seen.fetchNextPage()}>
            Load more names
          </Button>
        </div>
      )}
    </div>
  )
}

function EventRow({
  one,
  most,
  connectionId,
  draft,
  saved,
  setDraft,
}: { one: CatalogueEvent; most: number } & Omit<Props, 'direction'>) {
  const { event, type, last7d, isOther, lastSeenAt } = one
  const verdict = event === null ? undefined : verdictOf(draft, saved, event, one)
  return (
    <tr>
      <td>
        {event === null || isOther ? (
          <span className="dim">{one.included ? 'yes' : 'no'}</span>
        ) : (
          <Checkbox
            aria-label={`${event} goes on`}
            checked={verdict === 'in'}
            indeterminate={verdict === 'depends'}
            onChange={(change) => setDraft(tick(draft, event, change.currentTarget.checked))}
          />
        )}
      </td>
      <td>
        {isOther ? (
          'all other names'
        ) : (
          <Link
            to="/connections/$connectionId/messages"
            params={{ connectionId }}
            search={event === null ? {} : { event }}
          >
            {event ?? '(no name)'}
          </Link>
        )}
      </td>
      <td className="dim">{type}</td>
      <td className="right">{count(last7d.total)}</td>
      <td style={{ width: 140 }}>
        <div className="funnel" aria-hidden>
          <i className="bar-delivered" style={{ width: `${(last7d.delivered / most) * 100}%` }} />
          <i className="bar-filtered" style={{ width: `${(last7d.filtered / most) * 100}%` }} />
          <i className="bar-skipped" style={{ width: `${(last7d.skipped / most) * 100}%` }} />
          <i className="bar-rejected" style={{ width: `${(last7d.rejected / most) * 100}%` }} />
        </div>
      </td>
      <td className={`right ${last7d.rejected > 0 ? 'bad' : 'dim'}`}>{compact(last7d.rejected)}</td>
      <td className="right">
        <TimeAgo at={lastSeenAt} />
      </td>
    </tr>
  )
}
