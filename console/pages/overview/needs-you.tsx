/** What needs a person, first and loud; nothing at all where nothing does. */
import { Button } from '../../parts/button.tsx'
import { useQueries, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { alertsQuery } from '../../api/alerts.ts'
import { audiencesQuery, type Audience } from '../../api/audiences.ts'
import { useRetryConnection } from '../../api/queries.ts'
import { setupQuery, waitsForPerson, type SetupState } from '../../api/setup.ts'
import type { Connection, Lane } from '../../api/shapes.ts'
import { Icon } from '../../parts/icons.tsx'
import { holdWord, laneWord } from '../../parts/lane-words.ts'
import { TimeAgo } from '../../parts/now.tsx'
import { count, plural } from '../../parts/numbers.ts'
import { ButtonLink } from '../../parts/button-link.tsx'
import { ProblemNote } from '../../parts/problem-note.tsx'

export function NeedsYou({ connections }: { connections: Connection[] }) {
  const needs = [
    ...connections.flatMap((connection) => stoppedOf(connection)),
    ...useAudienceNeeds(connections),
    ...useSetupNeeds(connections),
    ...useFiring(connections),
  ]
  if (needs.length === 0) return null
  return (
    <section aria-labelledby="needs-you" className="stack">
      <h2 id="needs-you">Needs you</h2>
      {needs}
    </section>
  )
}

/** Lanes that wait for a person, one line for each cause. */
function stoppedOf(connection: Connection): ReactNode[] {
  const byReason = new Map<string, [string, Lane][]>()
  for (const [name, lane] of Object.entries(connection.lanes)) {
    if (lane.state !== 'needs_attention') continue
    const reason = lane.reason ?? ''
    byReason.set(reason, [...(byReason.get(reason) ?? []), [name, lane]])
  }
  return [...byReason].map(([reason, lanes]) => (
    <Stopped key={`${connection.id}-${reason}`} connection={connection} lanes={lanes} />
  ))
}

function Stopped({ connection, lanes }: { connection: Connection; lanes: [string, Lane][] }) {
  const retry = useRetryConnection(connection.id)
  const waiting = lanes.reduce((sum, [, lane]) => sum + lane.pending, 0)
  const [first] = lanes
  if (!first) return null
  return (
    <Need
      icon="warn"
      actions={
        <>
          <KeysLink connection={connection}>Replace the key</KeysLink>
          <Button variant="default" loading={retry.isPending} onClick={() => retry.mutate()}>
            Try again
          </Button>
        </>
      }
    >
      <strong>{connection.name}</strong> · {holdWord(first[1])} (
      {lanes.map(([lane]) => laneWord(lane)).join(', ')}).{' '}
      <Link
        to="/connections/$connectionId/messages"
        params={{ connectionId: connection.id }}
        search={{ outcome: 'pending' }}
      >
        {plural(waiting, 'message')}
      </Link>{' '}
      {waiting === 1 ? 'waits' : 'wait'}, none is lost.
      {retry.error && <ProblemNote error={retry.error} />}
    </Need>
  )
}

const KeysLink = ({ connection, children }: { connection: Connection; children: string }) => (
  <ButtonLink to="/connections/$connectionId" params={{ connectionId: connection.id }} hash="keys" size="xs">
    {children}
  </ButtonLink>
)

/** A guard that waits for a decision; syncs that stand, told once for each cause. */
function useAudienceNeeds(connections: Connection[]): ReactNode[] {
  const answers = useQueries({ queries: connections.map(({ id }) => audiencesQuery(id)) })
  return connections.flatMap((connection, at) => {
    const audiences = answers[at]?.data ?? []
    const standing = new Map<string, Audience[]>()
    for (const audience of audiences)
      if (audience.state === 'needs_attention')
        standing.set(audience.reason ?? '', [...(standing.get(audience.reason ?? '') ?? []), audience])
    return [
      ...audiences
        .filter(({ guard }) => guard.state === 'waiting')
        .map((audience) => (
          <Guarded key={`${connection.id}-${audience.key}`} {...{ connection, audience }} />
        )),
      ...[...standing].map(([reason, held]) => (
        <Standing key={`${connection.id}-audiences-${reason}`} {...{ connection, reason, held }} />
      )),
    ]
  })
}

function Guarded({ connection, audience }: { connection: Connection; audience: Audience }) {
  const { key, counts, guard } = audience
  const place = {
    to: '/connections/$connectionId/audiences/$audienceKey' as const,
    params: { connectionId: connection.id, audienceKey: key },
  }
  return (
    <Need
      icon="held"
      actions={
        <>
          <ButtonLink
            {...place}
            search={{ state: 'removing' }}
            hash="members"
            variant="default"
            aria-label={`See who: ${connection.name}, ${key}`}
          >
            See who
          </ButtonLink>
          <ButtonLink {...place} aria-label={`Decide: ${connection.name}, ${key}`}>
            Decide
          </ButtonLink>
        </>
      }
    >
      <strong>
        {connection.name} · {key}
      </strong>{' '}
      · <span className="num">{count(guard.planned ?? 0)}</span> of{' '}
      <span className="num">{count(counts.applied)}</span> would leave the list.{' '}
      {guard.since !== undefined && (
        <>
          Held since <TimeAgo at={guard.since} />.
        </>
      )}
    </Need>
  )
}

function Standing(props: { connection: Connection; reason: string; held: Audience[] }) {
  const { connection, reason, held } = props
  return (
    <Need
      icon="warn"
      actions={
        /console key/i.test(reason) ? (
          <KeysLink connection={connection}>Set the console key</KeysLink>
        ) : (
          <ButtonLink
            to="/connections/$connectionId/audiences"
            params={{ connectionId: connection.id }}
            variant="default"
          >
            See the audiences
          </ButtonLink>
        )
      }
    >
      <strong>{connection.name}</strong> · {plural(held.length, 'audience')} not in step.{' '}
      {reason === '' ? 'The audience says why.' : reason}
    </Need>
  )
}

/** Set-ups that wait for a person, who may have left the page. */
function useSetupNeeds(connections: Connection[]): ReactNode[] {
  const open = connections.filter(({ status }) => status === 'connecting')
  const answers = useQueries({
    queries: open.map(({ id }) => ({ ...setupQuery(id), refetchInterval: 5_000 })),
  })
  return open.flatMap((connection, at) => {
    const state = answers[at]?.data
    if (!state || !waitsForPerson(state.step)) return []
    return [
      <Need
        key={`${connection.id}-setup`}
        icon="held"
        actions={
          <ButtonLink to="/connections/$connectionId/setup" params={{ connectionId: connection.id }}>
            Go on
          </ButtonLink>
        }
      >
        <strong>{connection.name}</strong> · {setupWord[state.step]}{' '}
        {state.expiresAt !== undefined && (
          <>
            Undone <TimeAgo at={state.expiresAt} />.
          </>
        )}
      </Need>,
    ]
  })
}

const setupWord: Partial<Record<SetupState['step'], string>> = {
  authorize: 'The set-up waits for your consent at Segment.',
  choose_source: 'The set-up waits for you to choose a source.',
  keys: 'The set-up waits for valid keys.',
  paste: 'The set-up waits for the two values to be pasted at Segment.',
}

/** Conditions that the API watches and that nothing above tells. */
function useFiring(connections: Connection[]): ReactNode[] {
  const { data } = useQuery(alertsQuery)
  return (data?.firing ?? []).flatMap(({ kind, connectionId, subject, text, since }) => {
    const isShown = connections.some(({ id }) => id === connectionId)
    if (!isShown || kind === 'needs_attention' || kind === 'guard_waiting') return []
    const params = { connectionId }
    return [
      <Need
        key={`${kind}-${connectionId}-${subject ?? ''}`}
        icon="warn"
        actions={
          kind === 'rejection_rate' ? (
            <ButtonLink
              to="/connections/$connectionId/messages"
              params={params}
              search={{ outcome: 'rejected' }}
              variant="default"
            >
              See which
            </ButtonLink>
          ) : kind === 'token_dying' ? (
            <ButtonLink to="/connections/$connectionId/setup" params={params}>
              Connect again
            </ButtonLink>
          ) : (
            <ButtonLink to="/connections/$connectionId" params={params} variant="default">
              Look at it
            </ButtonLink>
          )
        }
      >
        {text} Since <TimeAgo at={since} />.
      </Need>,
    ]
  })
}

function Need({
  icon,
  children,
  actions,
}: {
  icon: 'warn' | 'held'
  children: ReactNode
  actions: ReactNode
}) {
  return (
    <div className={`note need ${icon === 'warn' ? 'bad-note' : 'warn-note'}`}>
      <span className={icon === 'warn' ? 'bad' : 'warn'}>
        <Icon name={icon} />
      </span>
      <div className="grow need-words">{children}</div>
      <div className="row">{actions}</div>
    </div>
  )
}
