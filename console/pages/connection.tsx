/** One connection: its bridge, its hours as bars, its lanes, its keys. */
import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { connectionQuery } from '../api/queries.ts'
import { useConnectionId } from '../layout/current-connection.ts'
import { PageHead } from '../parts/page-head.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { FunnelChart } from './connection/funnel-chart.tsx'
import { KeysForm } from './connection/keys-form.tsx'
import { LaneTable } from './connection/lane-table.tsx'
import { Removal } from './connection/removal.tsx'
import { Bridge } from './overview/bridge.tsx'
import { NeedsYou } from './overview/needs-you.tsx'

export function ConnectionPage() {
  const id = useConnectionId()
  const { data: connection, error, refetch } = useQuery(connectionQuery(id))
  return (
    <div className="page stack wide">
      <PageHead title={connection?.name ?? 'Connection'}>
        <span className="mono">{id}</span>
      </PageHead>
      {error && <ProblemNote error={error} retry={() => void refetch()} />}
      {!connection && !error && <Skeleton height={420} />}
      {connection && (
        <>
          <NeedsYou connections={[connection]} />
          <Bridge connection={connection} isWhole />
          <FunnelChart connectionId={id} />
          <LaneTable connection={connection} />
          <KeysForm connection={connection} />
          <Removal connection={connection} />
        </>
      )}
    </div>
  )
}
