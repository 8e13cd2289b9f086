/** The explorer: search first, the list, and each row's story beside it. */
import { Button, Select, Skeleton, TextInput } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { messagesQuery, type MessageFilter } from '../api/queries.ts'
import { lanes, outcomes, outcomeWord } from '../api/shapes.ts'
import { useAddress } from '../layout/address.ts'
import { useConnectionId } from '../layout/current-connection.ts'
import { Empty } from '../parts/empty.tsx'
import { EntryTable } from '../parts/entry-table.tsx'
import { count } from '../parts/numbers.ts'
import { PageHead } from '../parts/page-head.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { SidePanel } from '../parts/side-panel.tsx'
import { MessagePanel } from './message/panel.tsx'

const filterKeys = ['lane', 'outcome', 'event', 'userId', 'messageId', 'since', 'until'] as const

export function Explorer() {
  const connectionId = useConnectionId()
  const [search, change] = useAddress()
  const filter: MessageFilter = Object.fromEntries(filterKeys.flatMap((key) => (search[key] ? [[key, search[key]]] : [])))
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
        {entries.length > 0 && <EntryTable entries={entries} open={search['open']} onOpen={(id) => change({ open: id }, { push: true })} />}
        {messages.data && (
          <div className="row between dim">
            <span role="status">
              {count(entries.length)} shown{cut ? '; the store was searched in part, there may be more further back' : ''}
            </span>
            {messages.hasNextPage && (
              <Button variant="default" loading={messages.isFetchingNextPage} onClick={() => void messages.fetchNextPage()}>
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

interface FilterBarProps {
  filter: MessageFilter
  change: ReturnType<typeof useAddress>[1]
}

const ranges = [
  { value: '', label: 'any time' },
  { value: '15', label: 'last 15 min' },
  { value: '60', label: 'last hour' },
  { value: '1440', label: 'last day' },
  { value: '10080', label: 'last 7 days' },
]

function FilterBar({ filter, change }: FilterBarProps) {
  const [draft, setDraft] = useState({ messageId: filter.messageId, userId: filter.userId, event: filter.event })
  const apply = (event: FormEvent) => {
    event.preventDefault()
    change({ ...Object.fromEntries(Object.entries(draft).map(([key, value]) => [key, value?.trim() || undefined])), open: undefined }, { push: true })
  }
  const text = (key: keyof typeof draft, label: string) => (
    <TextInput
      label={label}
      value={draft[key] ?? ''}
      onChange={(event) => setDraft({ ...draft, [key]: event.currentTarget.value })}
      onBlur={apply}
      style={{ flex: '1 1 150px' }}
    />
  )
  const since = filter.since === undefined ? '' : 'chosen'
  return (
    <form className="row top" onSubmit={apply} style={{ alignItems: 'flex-end' }}>
      {text('messageId', 'Message id')}
      {text('userId', 'User')}
      {text('event', 'Event')}
      <Select
        label="Outcome"
        w={130}
        data={[{ value: '', label: 'any' }, ...outcomes.map((value) => ({ value, label: outcomeWord[value] }))]}
        value={filter.outcome ?? ''}
        onChange={(value) => change({ outcome: value ?? undefined }, { push: true })}
      />
      <Select
        label="Lane"
        w={130}
        data={[{ value: '', label: 'any' }, ...lanes.map((value) => ({ value, label: value }))]}
        value={filter.lane ?? ''}
        onChange={(value) => change({ lane: value ?? undefined }, { push: true })}
      />
      <Select
        label="Received"
        w={170}
        data={since === '' ? ranges : [...ranges, { value: 'chosen', label: rangeWord(filter) }]}
        value={since}
        onChange={(value) => {
          const at = value && value !== 'chosen' ? new Date(Date.now() - Number(value) * 60_000).toISOString() : undefined
          change({ since: at, until: undefined }, { push: true })
        }}
      />
      <button type="submit" className="sr-only">
        Search
      </button>
    </form>
  )
}

function rangeWord({ since, until }: MessageFilter): string {
  const at = (iso: string) => new Date(iso).toLocaleString('en', { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hour12: false })
  return `since ${since ? at(since) : '?'}${until ? ` until ${at(until)}` : ''}`
}

function NothingFound({ filter, cut }: { filter: MessageFilter; cut: boolean }) {
  if (cut) return <Empty title="Nothing in this part of the store">Search further back with the button below.</Empty>
  if (Object.keys(filter).length > 0)
    return <Empty title="Nothing matches">Ids and names are compared whole and exactly. Take a filter away to see more.</Empty>
  return (
    <Empty
      title="Nothing has come in yet"
      command={`curl ${location.origin}/v1/track -u demo: -H 'Content-Type: application/json' -d '{"userId":"ada","event":"Order Completed","properties":{"revenue":19.5}}'`}
    >
      Each message will stand here with its outcome. Send one with any Segment SDK, or with this line:
    </Empty>
  )
}
