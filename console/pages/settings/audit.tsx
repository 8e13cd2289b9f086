/** Every change as a sentence, with what stood before and after behind it. */
import { Skeleton } from '@mantine/core'
import { Button } from '../../parts/button.tsx'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { api, ok } from '../../api/client.ts'
import type { components } from '../../api/schema.d.ts'
import { Empty } from '../../parts/empty.tsx'
import { JsonView } from '../../parts/json-view.tsx'
import { TimeAgo } from '../../parts/now.tsx'
import { ProblemNote } from '../../parts/problem-note.tsx'
import { connectionsQuery } from '../../api/queries.ts'
import { sentenceOf, type Names } from './audit-sentence.ts'

type AuditEntry = components['schemas']['AuditEntry']

export function AuditLog() {
  const audit = useInfiniteQuery({
    queryKey: ['audit'],
    queryFn: ({ pageParam }) =>
      ok(api.GET('/api/v1/audit', { params: { query: { limit: 50, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  })
  const { data: connections = [] } = useQuery(connectionsQuery)
  const names = new Map(connections.map(({ id, name }) => [id, name]))
  const entries = audit.data?.pages.flatMap(({ data }) => data) ?? []
  if (audit.error) return <ProblemNote error={audit.error} retry={() => void audit.refetch()} />
  if (!audit.data) return <Skeleton height={240} />
  if (entries.length === 0)
    return (
      <Empty title="Nothing was changed yet">
        Each change of a setting, a key or a pause will stand here with who made it.
      </Empty>
    )
  return (
    <div className="stack wide">
      <ol className="card" style={{ listStyle: 'none', margin: 0, padding: 0 }}>
        {entries.map((entry) => (
          <Item key={entry.id} entry={entry} names={names} />
        ))}
      </ol>
      {audit.hasNextPage && (
        <div>
          <Button
            variant="default"
            loading={audit.isFetchingNextPage}
            onClick={() => void audit.fetchNextPage()}
          >
            Show older changes
          </Button>
        </div>
      )}
    </div>
  )
}

/** Who: the key's name, that of this machine, or a workflow of ours. */
function actorWord({ kind, name }: AuditEntry['actor']): string {
  if (kind === 'system') return 'Causeway'
  return name === 'CAUSEWAY_API_KEY' ? 'The machine’s own key' : name
}

function Item({ entry, names }: { entry: AuditEntry; names: Names }) {
  const { actor, at, status, before, after } = entry
  const failed = status !== null && status >= 400
  const hasDetail = before !== undefined || after !== undefined
  const line = (
    <>
      <span className="grow">
        <strong>{actorWord(actor)}</strong>
        {actor.role !== undefined && <span className="dim"> ({actor.role})</span>} {sentenceOf(entry, names)}
        {failed && <span className="bad"> · answered {status}</span>}
      </span>
      <span className="dim">
        <TimeAgo at={at} />
      </span>
    </>
  )
  if (!hasDetail)
    return (
      <li className="rule-item">
        <span className="audit-mark" /> {line}
      </li>
    )
  return (
    <li className="rule-item">
      <details style={{ width: '100%' }}>
        <summary className="audit-line">
          <span className="audit-mark" aria-hidden />
          {line}
        </summary>
        <div className="halves" style={{ marginTop: 8 }}>
          {before !== undefined && (
            <div>
              <h3>Before</h3>
              <JsonView value={before} label="what stood before" />
            </div>
          )}
          {after !== undefined && (
            <div>
              <h3>Changed to</h3>
              <JsonView value={after} label="what it was changed to" />
            </div>
          )}
        </div>
      </details>
    </li>
  )
}
