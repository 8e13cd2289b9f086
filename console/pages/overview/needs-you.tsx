/** What needs a person, first and loud; nothing at all where nothing does. */
import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useRetryConnection } from '../../api/queries.ts'
import type { Connection, Lane } from '../../api/shapes.ts'
import { Icon } from '../../parts/icons.tsx'
import { holdWord, laneWord } from '../../parts/lane-words.ts'
import { plural } from '../../parts/numbers.ts'
import { ButtonLink } from '../../parts/button-link.tsx'

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
          <ButtonLink
            to="/connections/$connectionId"
            params={{ connectionId: connection.id }}
            hash="keys"
            size="xs"
          >
            Replace the key
          </ButtonLink>
          <Button variant="default" loading={retry.isPending} onClick={() => retry.mutate()}>
            It is right now: try again
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
      wait, none is lost.
    </Need>
  )
}

export function Need({
  icon,
  children,
  actions,
}: {
  icon: 'warn' | 'held'
  children: ReactNode
  actions: ReactNode
}) {
  return (
    <div
      className={`note ${icon === 'warn' ? 'bad-note' : 'warn-note'}`}
      style={{ alignItems: 'center', flexWrap: 'wrap' }}
    >
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
