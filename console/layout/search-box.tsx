/** Search first: one box for a message id, a user or an event; what is found opens. */
import { TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useDeferredValue, useId, useState, type KeyboardEvent } from 'react'
import { api, ok } from '../api/client.ts'
import type { Entry } from '../api/shapes.ts'
import { OutcomeMark } from '../parts/outcome-mark.tsx'
import { TimeAgo } from '../parts/now.tsx'

const kinds = [
  { key: 'messageId', label: 'message id' },
  { key: 'userId', label: 'user' },
  { key: 'event', label: 'event' },
] as const
type Kind = (typeof kinds)[number]

interface Found {
  kind: Kind
  entry: Entry
}

async function findAll(id: string, text: string, signal: AbortSignal): Promise<Found[]> {
  const found = kinds.map(async (kind) => {
    const query = { [kind.key]: text, limit: 5 }
    const page = await ok(
      api.GET('/api/v1/connections/{id}/messages', { params: { path: { id }, query }, signal }),
    )
    return page.data.map((entry) => ({ kind, entry }))
  })
  return (await Promise.all(found)).flat()
}

const useFound = (connectionId: string | undefined, wanted: string) =>
  useQuery({
    queryKey: ['search', connectionId, wanted],
    queryFn: ({ signal }) => findAll(connectionId ?? '', wanted, signal),
    enabled: connectionId !== undefined && wanted !== '',
  })

export function SearchBox({ connectionId }: { connectionId: string | undefined }) {
  const [text, setText] = useState('')
  const [isOpen, setOpen] = useState(false)
  const [at, setAt] = useState(0)
  const list = useId()
  const navigate = useNavigate()
  const wanted = useDeferredValue(text.trim())
  const { data: found = [], isFetching } = useFound(connectionId, wanted)
  const open = ({ kind, entry }: Found) => {
    setOpen(false)
    const search =
      kind.key === 'messageId'
        ? { messageId: wanted, open: entry.id }
        : { [kind.key]: wanted, open: entry.id }
    void navigate({
      to: '/connections/$connectionId/messages',
      params: { connectionId: connectionId ?? '' },
      search,
    })
  }
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    const chosen = found[at]
    if (event.key === 'Escape') {
      // It closes what this box has opened, and not the panel beside it.
      event.stopPropagation()
      setOpen(false)
      event.currentTarget.blur()
    } else if (event.key === 'ArrowDown') setAt(Math.min(found.length - 1, at + 1))
    else if (event.key === 'ArrowUp') setAt(Math.max(0, at - 1))
    else if (event.key === 'Enter' && chosen) open(chosen)
    else return
    event.preventDefault()
  }
  const isShown = isOpen && wanted !== ''
  return (
    <div className="search" role="search">
      <TextInput
        id="search"
        type="search"
        role="combobox"
        aria-label="Search by message id, user or event"
        aria-expanded={isShown}
        aria-controls={list}
        aria-activedescendant={isShown && found[at] ? `${list}-${at}` : undefined}
        placeholder="Search by message id, user, event"
        rightSection={<kbd>/</kbd>}
        autoComplete="off"
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value)
          setAt(0)
          setOpen(true)
        }}
        onFocus={() => setOpen(true)}
        onBlur={() => setTimeout(() => setOpen(false), 150)}
        onKeyDown={onKeyDown}
      />
      {isShown && <FoundList {...{ list, found, at, isFetching, text: wanted, open }} />}
    </div>
  )
}

function FoundList({
  list,
  found,
  at,
  isFetching,
  text,
  open,
}: {
  list: string
  found: Found[]
  at: number
  isFetching: boolean
  text: string
  open: (found: Found) => void
}) {
  return (
    <div className="search-found">
      <div id={list} role="listbox" aria-label="Found">
        {found.map((one, index) => (
          <div
            key={`${one.kind.key}-${one.entry.id}`}
            id={`${list}-${index}`}
            role="option"
            aria-selected={index === at}
            tabIndex={-1}
            onMouseDown={(event) => {
              event.preventDefault()
              open(one)
            }}
          >
            <OutcomeMark outcome={one.entry.outcome} bare />
            <span className="grow clip">
              <strong>{one.entry.event ?? one.entry.type ?? 'message'}</strong>{' '}
              <span className="dim">
                {one.kind.label} <span className="mono">{text}</span>
              </span>
            </span>
            <TimeAgo at={one.entry.receivedAt} />
          </div>
        ))}
      </div>
      {found.length === 0 && (
        <div className="pad dim" role="status">
          {isFetching
            ? 'Looking…'
            : `No message has the id, the user or the event “${text}”. Whole words only: ids and names are compared exactly.`}
        </div>
      )}
    </div>
  )
}
