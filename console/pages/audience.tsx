/** One audience: its numbers, the guard's decision, its runs, its settings, its members. */
import { Menu, Skeleton } from '@mantine/core'
import { Button } from '../parts/button.tsx'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { audienceQuery, useActOnAudience, type Audience, type MemberState } from '../api/audiences.ts'
import { problemOf } from '../api/client.ts'
import { useConnectionId } from '../layout/current-connection.ts'
import { PageHead } from '../parts/page-head.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { count } from '../parts/numbers.ts'
import { TemporalLink } from '../parts/temporal-link.tsx'
import { AudienceMark } from './audience/audience-words.tsx'
import { GuardDecision } from './audience/guard-decision.tsx'
import { LastRun } from './audience/last-run.tsx'
import { Members } from './audience/members.tsx'
import { AudienceSettings } from './audience/settings.tsx'
import { SizeChart } from './audience/size-chart.tsx'

export function AudiencePage() {
  const connectionId = useConnectionId()
  const { audienceKey = '' } = useParams({ strict: false })
  const { data: audience, error, refetch } = useQuery(audienceQuery(connectionId, audienceKey))
  return (
    <div className="page stack wide">
      <PageHead
        title={audienceKey}
        actions={
          audience && (
            <div className="row wide">
              <TemporalLink url={audience.temporalUrl} />
              <SyncMenu connectionId={connectionId} audience={audience} />
            </div>
          )
        }
      >
        {audience ? <AudienceMark audience={audience} /> : 'Audience'}
      </PageHead>
      {error && !audience && <ProblemNote error={error} retry={() => void refetch()} />}
      {!audience && !error && <Skeleton height={320} />}
      {audience && (
        <>
          {audience.reason && audience.state !== 'waiting_approval' && (
            <div className={`note ${audience.state === 'needs_attention' ? 'bad-note' : 'warn-note'}`}>
              <p>{audience.reason}</p>
            </div>
          )}
          {audience.guard.state === 'waiting' && (
            <GuardDecision connectionId={connectionId} audience={audience} />
          )}
          <Numbers audience={audience} />
          <SizeChart connectionId={connectionId} audienceKey={audience.key} />
          <LastRun audience={audience} />
          <AudienceSettings key={audience.key} connectionId={connectionId} audience={audience} />
          <Members connectionId={connectionId} audienceKey={audience.key} />
        </>
      )}
    </div>
  )
}

function SyncMenu({ connectionId, audience }: { connectionId: string; audience: Audience }) {
  const act = useActOnAudience(connectionId, audience.key)
  const sync = (mode: 'changes' | 'full' | 'reconcile') => act.mutate({ do: 'sync', mode })
  return (
    <div className="row">
      {act.error && (
        <span className="bad" role="alert">
          {problemOf(act.error).title}. {problemOf(act.error).nextStep}
        </span>
      )}
      <Button loading={act.isPending} onClick={() => sync('changes')}>
        Sync now
      </Button>
      <Menu position="bottom-end" shadow="md" width={300}>
        <Menu.Target>
          <Button variant="default" aria-label="Other ways to sync">
            ⋯
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => sync('reconcile')}>Compare with what Statsig holds</Menu.Item>
          <Menu.Item onClick={() => sync('full')}>Send every member again</Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </div>
  )
}

function Numbers({ audience }: { audience: Audience }) {
  const { desired, applied, adding, removing, failed, setAside } = audience.counts
  const whole = Math.max(1, applied + adding)
  const tiles: [string, number, MemberState | undefined][] = [
    ['should be in', desired, undefined],
    ['are in', applied, 'in'],
    ['to add', adding, 'adding'],
    ['to remove', removing, 'removing'],
    ['failed', failed, 'failed'],
    ['set aside', setAside, 'set_aside'],
  ]
  const part = (n: number) => ({ width: `${(n / whole) * 100}%` })
  return (
    <section className="stack" aria-label="Counts">
      <div className="tiles">
        {tiles.map(([label, n, state]) => (
          <div className="card tile" key={label}>
            <div className="dim">{label}</div>
            <Link
              to="."
              search={state === undefined ? {} : { state }}
              hash="members"
              className={`big ${label === 'failed' && n > 0 ? 'bad' : ''}`}
            >
              {count(n)}
            </Link>
          </div>
        ))}
      </div>
      <div
        className="funnel"
        style={{ height: 12 }}
        role="img"
        aria-label={`${count(applied)} are in the list, ${count(adding)} are to be added, ${count(removing)} to be removed`}
      >
        <i className="bar-delivered" style={part(Math.max(0, applied - removing))} />
        <i className="bar-filtered" style={part(removing)} />
        <i className="bar-pending" style={part(adding)} />
      </div>
    </section>
  )
}
