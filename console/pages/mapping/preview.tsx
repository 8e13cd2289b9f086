/** 'Of the last 10,000 messages this would have dropped 1,214', with samples, before anything is saved. */
import { Skeleton } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { call } from '../../api/client.ts'
import { count } from '../../parts/numbers.ts'
import { ProblemNote } from '../../parts/problem-note.tsx'
import type { Direction, Filters } from './draft.ts'
import { sentenceOf } from './sentence.ts'

interface PreviewAnswer {
  looked: number
  cut: boolean
  dropped: number
  kept: number
  notReached: { total: number }
  byRule: { rule: string; dropped: number; kept: number }[]
  samples: { id: string; event: string | null; type: string | null; rule: string }[]
}

const last = 10_000

export function Preview({
  connectionId,
  direction,
  draft,
}: {
  connectionId: string
  direction: Direction
  draft: Filters
}) {
  const settled = useSettled(draft)
  const lane = direction === 'inbound' ? 'events' : 'outbound'
  const { data, error, isFetching } = useQuery({
    queryKey: ['preview', connectionId, lane, settled],
    queryFn: ({ signal }) =>
      call<PreviewAnswer>('POST', `/connections/${connectionId}/filters/preview`, {
        body: { lane, filters: settled, last },
        signal,
      }),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  })
  if (error) return <ProblemNote error={error} />
  if (!data) return <Skeleton height={48} />
  return (
    <div className="stack" aria-busy={isFetching} aria-live="polite">
      <p style={{ margin: 0, fontSize: 16 }} className="num">
        Of the last <strong>{count(data.looked)}</strong> messages this would have dropped{' '}
        <strong>{count(data.dropped)}</strong>.
        {data.notReached.total > 0 && (
          <span className="dim">
            {' '}
            {count(data.notReached.total)} are held back before the filters are asked.
          </span>
        )}
        {data.cut && <span className="dim"> Time ran out before all were looked at.</span>}
      </p>
      {data.dropped > 0 && (
        <details>
          <summary>By which rule, with samples</summary>
          <ul className="num">
            {data.byRule
              .filter(({ dropped }) => dropped > 0)
              .map(({ rule, dropped }) => (
                <li key={rule}>
                  {ruleWord(rule, draft)}: {count(dropped)}
                </li>
              ))}
          </ul>
          <div className="chips">
            {data.samples.map(({ id, event, type }) => (
              <Link key={id} to="/messages/$messageId" params={{ messageId: id }}>
                {event ?? type ?? id}
              </Link>
            ))}
          </div>
        </details>
      )}
    </div>
  )
}

function ruleWord(rule: string, draft: Filters): string {
  const at = /^rule:(\d+)$/.exec(rule)?.[1]
  const known = at === undefined ? undefined : draft.rules[Number(at)]
  if (known) return sentenceOf(known)
  return rule === 'default' ? 'no rule fits' : rule
}

/** The value once it has stood still for a moment. */
function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), 400)
    return () => clearTimeout(timer)
  }, [value])
  return settled
}
