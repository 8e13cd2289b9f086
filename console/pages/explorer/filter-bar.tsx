/** What the explorer searches by; all of it stands in the address. */
import { Select, TextInput } from '@mantine/core'
import { useState, type SyntheticEvent } from 'react'
import type { MessageFilter } from '../../api/queries.ts'
import { lanes, outcomes, outcomeWord } from '../../api/shapes.ts'
import type { useAddress } from '../../layout/address.ts'

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

export function FilterBar({ filter, change }: FilterBarProps) {
  const [draft, setDraft] = useState({
    messageId: filter.messageId,
    userId: filter.userId,
    event: filter.event,
  })
  const apply = (event: SyntheticEvent) => {
    event.preventDefault()
    change(
      {
        ...Object.fromEntries(Object.entries(draft).map(([key, value]) => [key, value?.trim() || undefined])),
        open: undefined,
      },
      { push: true },
    )
  }
  const text = (key: keyof typeof draft, label: string) => (
    <TextInput
      label={label}
      value={draft[key] ?? ''}
      onChange={(event) => setDraft({ ...draft, [key]: event.currentTarget.value })}
      onBlur={apply}
    />
  )
  return (
    <form className="filter-bar" onSubmit={apply} role="search" aria-label="Messages">
      {text('messageId', 'Message id')}
      {text('userId', 'User')}
      {text('event', 'Event')}
      <Select
        label="Outcome"
        data={[
          { value: '', label: 'any' },
          ...outcomes.map((value) => ({ value, label: outcomeWord[value] })),
        ]}
        value={filter.outcome ?? ''}
        onChange={(value) => change({ outcome: value ?? undefined }, { push: true })}
      />
      <Select
        label="Lane"
        data={[{ value: '', label: 'any' }, ...lanes.map((value) => ({ value, label: value }))]}
        value={filter.lane ?? ''}
        onChange={(value) => change({ lane: value ?? undefined }, { push: true })}
      />
      <RangeSelect filter={filter} change={change} />
      <button type="submit" className="sr-only">
        Search
      </button>
    </form>
  )
}

function RangeSelect({ filter, change }: FilterBarProps) {
  const isChosen = filter.since !== undefined
  const choose = (value: string | null) => {
    if (value === 'chosen') return
    const since = value ? new Date(Date.now() - Number(value) * 60_000).toISOString() : undefined
    change({ since, until: undefined }, { push: true })
  }
  return (
    <Select
      label="Received"
      data={isChosen ? [...ranges, { value: 'chosen', label: rangeWord(filter) }] : ranges}
      value={isChosen ? 'chosen' : ''}
      onChange={choose}
    />
  )
}

function rangeWord({ since, until }: MessageFilter): string {
  const at = (iso: string) =>
    new Date(iso).toLocaleString('en', {
      month: 'short',
      day: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      hour12: false,
    })
  return `since ${since ? at(since) : '?'}${until ? ` until ${at(until)}` : ''}`
}
