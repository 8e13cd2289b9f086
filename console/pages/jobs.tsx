/** Replays, exports and redrives of a connection: what runs, what ran, and starting another. */
import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { jobsQuery, type JobKind } from '../api/jobs.ts'
import { useAddress } from '../layout/address.ts'
import { useConnectionId } from '../layout/current-connection.ts'
import { Empty } from '../parts/empty.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { JobTable } from './jobs/job-table.tsx'
import { NewExport } from './jobs/new-export.tsx'
import { NewRedrive } from './jobs/new-redrive.tsx'
import { NewReplay } from './jobs/new-replay.tsx'

const tabs: { kind: JobKind; label: string; what: string }[] = [
  {
    kind: 'replays',
    label: 'Replays',
    what: 'A past window of messages, sent to Statsig again: from what is kept here, or from an archive of Segment.',
  },
  { kind: 'exports', label: 'Exports', what: 'A past window of Statsig events, sent to Segment again.' },
  {
    kind: 'redrives',
    label: 'Redrives',
    what: 'Messages that were rejected, filtered or skipped, tried again with the settings of now.',
  },
]

export function Jobs() {
  const connectionId = useConnectionId()
  const [search] = useAddress()
  const tab = tabs.find(({ kind }) => kind === search['kind']) ?? tabs[0]
  const kind = tab?.kind ?? 'replays'
  return (
    <div className="page stack wide">
      <PageHead title="Replays and exports">{tab?.what}</PageHead>
      <nav className="tabs-line" aria-label="Kind" style={{ marginBottom: 0 }}>
        {tabs.map((one) => (
          <Link
            key={one.kind}
            to="."
            search={{ kind: one.kind }}
            className={one.kind === kind ? 'active' : 'other'}
            aria-current={one.kind === kind ? 'page' : undefined}
          >
            {one.label}
          </Link>
        ))}
      </nav>
      {kind === 'replays' && <NewReplay connectionId={connectionId} />}
      {kind === 'exports' && <NewExport connectionId={connectionId} />}
      {kind === 'redrives' && <NewRedrive connectionId={connectionId} />}
      <JobList kind={kind} connectionId={connectionId} />
    </div>
  )
}

function JobList({ kind, connectionId }: { kind: JobKind; connectionId: string }) {
  const { data: jobs, error, refetch } = useQuery(jobsQuery(kind, connectionId))
  if (error) return <ProblemNote error={error} retry={() => void refetch()} />
  if (!jobs) return <Skeleton height={120} />
  if (jobs.length === 0)
    return (
      <Empty title={`No ${kind.slice(0, -1)} yet`}>
        Each one will stand here with its progress. It runs beside live traffic and yields to it, so starting
        one harms nothing.
      </Empty>
    )
  return <JobTable kind={kind} jobs={jobs} />
}
