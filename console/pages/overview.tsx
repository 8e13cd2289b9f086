/** The first page: what needs a person, then each connection as a bridge. */
import { Button, Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { connectionsQuery } from '../api/queries.ts'
import { Empty } from '../parts/empty.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { Bridge } from './overview/bridge.tsx'
import { NeedsYou } from './overview/needs-you.tsx'

export function Overview() {
  const { data: connections, error, refetch } = useQuery(connectionsQuery)
  return (
    <div className="page stack wide">
      <PageHead
        title="Overview"
        actions={
          <Button component={Link} to={'/connect' as '/'} variant="default">
            New connection
          </Button>
        }
      />
      {error && !connections && <ProblemNote error={error} retry={() => void refetch()} />}
      {!connections && !error && <Skeleton height={190} />}
      {connections && <NeedsYou connections={connections} />}
      {connections?.map((connection) => <Bridge key={connection.id} connection={connection} />)}
      {connections?.length === 0 && (
        <Empty
          title="No bridge yet"
          action={
            <Button component={Link} to={'/connect' as '/'}>
              Connect Segment with Statsig
            </Button>
          }
        >
          A connection is a bridge with two carriageways: Segment to Statsig and back. Here you will see what crosses
          it, what waits, and what needs you.
        </Empty>
      )}
    </div>
  )
}
