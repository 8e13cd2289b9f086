/** Engage audiences as ID lists: who should be in them, who is, and what holds. */
import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { audiencesQuery, type Audience } from '../api/audiences.ts'
import { useConnectionId, useCurrentConnection } from '../layout/current-connection.ts'
import { Empty } from '../parts/empty.tsx'
import { TimeAgo } from '../parts/now.tsx'
import { count } from '../parts/numbers.ts'
import { PageHead } from '../parts/page-head.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { tryLine } from '../parts/try-line.ts'
import { AudienceMark, Gap } from './audience/audience-words.tsx'

export function Audiences() {
  const connectionId = useConnectionId()
  const { data: audiences, error, refetch } = useQuery(audiencesQuery(connectionId))
  return (
    <div className="page stack wide">
      <PageHead title="Audiences">
        Segment Engage audiences, kept equal to Statsig ID lists of the same key.
      </PageHead>
      {error && <ProblemNote error={error} retry={() => void refetch()} />}
      {!audiences && !error && <Skeleton height={200} />}
      {audiences?.length === 0 && <NoAudience />}
      {audiences && audiences.length > 0 && (
        <AudienceTable audiences={audiences} connectionId={connectionId} />
      )}
    </div>
  )
}

function NoAudience() {
  const { connection } = useCurrentConnection()
  return (
    <Empty
      title="No audience has come yet"
      command={tryLine(connection, {
        userId: 'ada',
        event: 'Audience Entered',
        properties: { audience_key: 'vips', vips: true },
        context: {
          personas: { computation_class: 'audience', computation_key: 'vips', computation_id: 'aud_1' },
        },
      })}
    >
      An audience appears with its first message: connect an Engage space to this connection&apos;s audiences
      address, as the set-up shows. Each will stand here with who should be in its list at Statsig and who is.
      To try one:
    </Empty>
  )
}

function AudienceTable({ audiences, connectionId }: { audiences: Audience[]; connectionId: string }) {
  return (
    <div className="card table-frame">
      <table className="plain">
        <thead>
          <tr>
            <th>Audience</th>
            <th>State</th>
            <th className="right">Should be in</th>
            <th className="right">Are in</th>
            <th>Gap</th>
            <th className="right">Failed</th>
            <th className="right">Last run</th>
          </tr>
        </thead>
        <tbody>
          {audiences.map((audience) => (
            <tr key={audience.key}>
              <td>
                <Link
                  data-row
                  to="/connections/$connectionId/audiences/$audienceKey"
                  params={{ connectionId, audienceKey: audience.key }}
                >
                  {audience.key}
                </Link>
              </td>
              <td>
                <AudienceMark audience={audience} />
              </td>
              <td className="right">{count(audience.counts.desired)}</td>
              <td className="right">{count(audience.counts.applied)}</td>
              <td>
                <Gap audience={audience} />
              </td>
              <td className={`right ${audience.counts.failed > 0 ? 'bad' : 'dim'}`}>
                {count(audience.counts.failed)}
              </td>
              <td className="right">
                {audience.lastRun ? (
                  <TimeAgo at={audience.lastRun.endedAt} />
                ) : (
                  <span className="dim">none yet</span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
