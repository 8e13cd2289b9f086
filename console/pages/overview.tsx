/** The first page: what needs a person, then each connection as a bridge. */
import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { connectionsQuery } from '../api/queries.ts'
import { Empty } from '../parts/empty.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { Bridge } from './overview/bridge.tsx'
import { NeedsYou } from './overview/needs-you.tsx'
import { ButtonLink } from '../parts/button-link.tsx'

export function Overview() {
  const { data: connections, error, refetch } = useQuery(connectionsQuery)
  return (
    <div className="page stack wide">
      <PageHead
        title="Overview"
        actions={
          <ButtonLink to={'/connect'} variant="default">
            New connection
          </ButtonLink>
        }
      />
      {error && !connections && <ProblemNote error={error} retry={() => void refetch()} />}
      {!connections && !error && <Skeleton height={190} />}
      {connections && <NeedsYou connections={connections} />}
      {connections?.map((connection) => (
        <Bridge key={connection.id} connection={connection} />
      ))}
      {connections?.length === 0 && (
        <Empty
          title="No bridge yet"
          action={<ButtonLink to={'/connect'}>Connect Segment with Statsig</ButtonLink>}
        >
          A connection is a bridge with two carriageways: Segment to Statsig and back. Here you will see what
          crosses it, what waits, and what needs you.
        </Empty>
      )}
    </div>
  )
}
