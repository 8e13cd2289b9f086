/** Mapping and filters: which identifiers become which, and which events go on. */
import { SegmentedControl, Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { connectionQuery } from '../api/queries.ts'
import { useAddress } from '../layout/address.ts'
import { useConnectionId } from '../layout/current-connection.ts'
import { PageHead } from '../parts/page-head.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import type { Direction } from './mapping/draft.ts'
import { FilterEditor } from './mapping/filter-editor.tsx'
import { IdentifierEditor } from './mapping/identifiers.tsx'
import { NamesAndTypes } from './mapping/names-and-types.tsx'

export function MappingAndFilters() {
  const id = useConnectionId()
  const [search, change] = useAddress()
  const { data: connection, error, refetch } = useQuery({ ...connectionQuery(id), refetchInterval: false })
  const direction: Direction = search['direction'] === 'outbound' ? 'outbound' : 'inbound'
  return (
    <div className="page">
      <PageHead
        title="Mapping and filters"
        actions={
          <SegmentedControl
            aria-label="Direction"
            value={direction}
            onChange={(value) => change({ direction: value === 'inbound' ? undefined : value })}
            data={[
              { value: 'inbound', label: 'Segment to Statsig' },
              { value: 'outbound', label: 'Statsig to Segment' },
            ]}
          />
        }
      >
        What becomes of a message on its way, in force within a second or two of saving.
      </PageHead>
      {error && <ProblemNote error={error} retry={() => void refetch()} />}
      {!connection && !error && <Skeleton height={420} />}
      {connection && (
        <div className="stack" style={{ gap: 24 }}>
          {direction === 'inbound' && <IdentifierEditor connection={connection} />}
          <FilterEditor key={direction} connection={connection} direction={direction} />
          {direction === 'inbound' && <NamesAndTypes connection={connection} />}
        </div>
      )}
    </div>
  )
}
