/** What needs a person, first and loud; nothing at all where nothing does. */
import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useRetryConnection } from '../../api/queries.ts'
import type { Connection, Lane } from '../../api/shapes.ts'
import { Icon } from '../../parts/icons.tsx'
import { holdWord, laneWord } from '../../parts/lane-words.ts'
import { plural } from '../../parts/numbers.ts'

export function NeedsYou({ connections }: { connections: Connection[] }) {
  const needs = connections.flatMap((connection) => needsOf(connection))
  if (needs.length === 0) return null
  return (
    <section aria-labelledby="needs-you" className="stack">
      <h2 id="needs-you">Needs you</h2>
      {needs}
    </section>
  )
}

function needsOf(connection: Connection): ReactNode[] {
  const stopped = Object.entries(connection.lanes).filter(([, lane]) => lane.state === 'needs_attention')
  const byReason = Map.groupBy(stopped, ([, lane]) => lane.reason ?? '')
  return [...byReason.values()].map((lanes) => <Stopped key={`${connection.id}-${lanes[0]?.[0] ?? ''}`} {...{ connection, lanes }} />)
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
          <Button component={Link} to={`/connections/${connection.id}/keys` as '/'} size="xs">
            Replace the key
          </Button>
          <Button variant="default" loading={retry.isPending} onClick={() => retry.mutate()}>
            It is right now: try again
          </Button>
        </>
      }
    >
      <strong>{connection.name}</strong> · {holdWord(first[1])} ({lanes.map(([lane]) => laneWord(lane)).join(', ')}).{' '}
      <Link to="/connections/$connectionId/messages" params={{ connectionId: connection.id }} search={{ outcome: 'pending' }}>
        {plural(waiting, 'message')}
      </Link>{' '}
      wait, none is lost.
    </Need>
  )
}

export function Need({ icon, children, actions }: { icon: 'warn' | 'held'; children: ReactNode; actions: ReactNode }) {
  return (
    <div className={`note ${icon === 'warn' ? 'bad-note' : 'warn-note'}`} style={{ alignItems: 'center', flexWrap: 'wrap' }}>
      <span className={icon === 'warn' ? 'bad' : 'warn'}>
        <Icon name={icon} />
      </span>
      <p className="grow" style={{ minWidth: 220 }}>
        {children}
      </p>
      <div className="row">{actions}</div>
    </div>
  )
}
