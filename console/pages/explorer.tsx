/** The explorer: search first, the list, and each row's story beside it. */
import { Skeleton } from '@mantine/core'
import { Button } from '../parts/button.tsx'
import { useInfiniteQuery } from '@tanstack/react-query'
import { messagesQuery, type MessageFilter } from '../api/queries.ts'
import { useAddress } from '../layout/address.ts'
import { useConnectionId, useCurrentConnection } from '../layout/current-connection.ts'
import { Empty } from '../parts/empty.tsx'
import { EntryTable } from '../parts/entry-table.tsx'
import { count } from '../parts/numbers.ts'
import { PageHead } from '../parts/page-head.tsx'
import { tryLine } from '../parts/try-line.ts'
import { ProblemNote } from '../parts/problem-note.tsx'
import { SidePanel } from '../parts/side-panel.tsx'
import { FilterBar } from './explorer/filter-bar.tsx'
import { MessagePanel } from './message/panel.tsx'

const filterKeys = ['lane', 'outcome', 'event', 'userId', 'messageId', 'since', 'until'] as const

export function Explorer() {
  const connectionId = useConnectionId()
  const [search, change] = useAddress()
  const filter: MessageFilter = Object.fromEntries(
    filterKeys.flatMap((key) => (search[key] ? [[key, search[key]]] : [])),
  )
  const messages = useInfiniteQuery(messagesQuery(connectionId, filter))
  const entries = messages.data?.pages.flatMap(({ data }) => data) ?? []
  const cut = messages.data?.pages.at(-1)?.cut === true
  return (
    <div className={`page full ${search['open'] ? 'with-panel' : ''}`}>
      <PageHead title="Explorer">Every message that came in, what became of it, and why.</PageHead>
      <div className="stack wide">
        <FilterBar key={JSON.stringify(filter)} filter={filter} change={change} />
        {messages.error && <ProblemNote error={messages.error} retry={() => void messages.refetch()} />}
        {messages.isPending && <Skeleton height={360} />}
        {messages.data && entries.length === 0 && <NothingFound filter={filter} cut={cut} />}
        {entries.length > 0 && (
          <EntryTable
            entries={entries}
            open={search['open']}
            onOpen={(id) => change({ open: id }, { push: true })}
          />
        )}
        {messages.data && (
          <div className="row between dim">
            <span role="status">
              {count(entries.length)} shown
              {cut ? '; the store was searched in part, there may be more further back' : ''}
            </span>
            {messages.hasNextPage && (
              <Button
                variant="default"
                loading={messages.isFetchingNextPage}
                onClick={() => void messages.fetchNextPage()}
              >
                {cut ? 'Search further back' : 'Show more'}
              </Button>
            )}
          </div>
        )}
      </div>
      {search['open'] && (
        <SidePanel label="Message" onClose={() => change({ open: undefined })}>
          <MessagePanel id={search['open']} />
        </SidePanel>
      )}
    </div>
  )
}

function NothingFound({ filter, cut }: { filter: MessageFilter; cut: boolean }) {
  const { connection } = useCurrentConnection()
  if (cut)
    return <Empty title="Nothing in this part of the store">Search further back with the button below.</Empty>
  if (Object.keys(filter).length > 0)
    return (
      <Empty title="Nothing matches">
        Ids and names are compared whole and exactly. Take a filter away to see more.
      </Empty>
    )
  return (
    <Empty
      title="Nothing has come in yet"
      command={tryLine(connection, {
        userId: 'ada',
        event: 'Order Completed',
        properties: { revenue: 19.5 },
      })}
    >
      Each message will stand here with its outcome. Send one with any Segment SDK, or with this line:
    </Empty>
  )
}
