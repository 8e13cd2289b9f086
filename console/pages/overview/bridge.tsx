/** A connection as a bridge with two carriageways; a stopped one shows where it stopped and what waits before it. */
import { Skeleton } from '@mantine/core'
import { Button } from '../../parts/button.tsx'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ProblemNote } from '../../parts/problem-note.tsx'
import { statsQuery, usePatchConnection } from '../../api/queries.ts'
import type { Connection, Funnel, Lane } from '../../api/shapes.ts'
import { useNow } from '../../parts/now.tsx'
import { compact, count, duration, percent } from '../../parts/numbers.ts'
import { StateMark } from '../../parts/outcome-mark.tsx'
import { minutesOf, Sparkline } from '../../parts/sparkline.tsx'
import { TemporalLink } from '../../parts/temporal-link.tsx'
import { Besides } from './besides.tsx'
import { FunnelLine, hourOf } from './funnel-line.tsx'

/** `isWhole`: on the connection's own page, whose title says its name. */
export function Bridge({ connection, isWhole = false }: { connection: Connection; isWhole?: boolean }) {
  const { data: stats } = useQuery(statsQuery(connection.id))
  const pause = usePatchConnection(connection.id)
  const { id, name, paused, lanes } = connection
  const params = { connectionId: id }
  return (
    <section className="card pad stack wide" aria-label={name}>
      <div className="row between">
        <h2 style={{ margin: 0 }}>
          {isWhole ? (
            'Right now'
          ) : (
            <Link to="/connections/$connectionId" params={params}>
              {name}
            </Link>
          )}
        </h2>
        <div className="row wide">
          <ConnectionState connection={connection} />
          <TemporalLink url={lanes['events']?.temporalUrl} />
          <Button
            variant="default"
            size="compact-sm"
            loading={pause.isPending}
            onClick={() => pause.mutate({ paused: !paused })}
          >
            {paused ? 'Resume' : 'Pause'}
          </Button>
        </div>
      </div>
      {pause.error && <ProblemNote error={pause.error} />}
      {stats ? (
        <>
          <div className="bridge">
            <Carriageway
              from="Segment"
              to="Statsig"
              funnel={stats.inbound}
              lanes={[lanes['events'], lanes['late']]}
              held={paused}
            />
            <Carriageway
              from="Statsig"
              to="Segment"
              funnel={stats.outbound}
              lanes={[lanes['outbound']]}
              held={paused}
              isBack
            />
          </div>
          <FunnelLine connectionId={id} stats={stats} />
          <Besides connectionId={id} />
        </>
      ) : (
        <Skeleton height={170} />
      )}
    </section>
  )
}

const states: Record<Connection['status'], { tone: 'good' | 'warn' | 'bad' | 'dim'; word: string }> = {
  new: { tone: 'dim', word: 'not set up yet' },
  connecting: { tone: 'warn', word: 'being set up' },
  active: { tone: 'good', word: 'active' },
  needs_attention: { tone: 'bad', word: 'needs you' },
  disconnecting: { tone: 'warn', word: 'being removed' },
}

export function ConnectionState({ connection }: { connection: Connection }) {
  if (connection.paused) return <StateMark tone="warn">paused</StateMark>
  const { tone, word } = states[connection.status]
  return <StateMark tone={tone}>{word}</StateMark>
}

interface Way {
  from: string
  to: string
  funnel: Funnel
  lanes: (Lane | undefined)[]
  held: boolean
  isBack?: boolean
}

function Carriageway({ from, to, funnel, lanes, held, isBack = false }: Way) {
  const now = useNow()
  const minutes = minutesOf(funnel.series, now)
  // The last whole minute: the one that runs is not full yet.
  const perMinute = Math.max(minutes[58] ?? 0, minutes[59] ?? 0)
  const hour = hourOf(funnel)
  const ended = hour.delivered + hour.filtered + hour.skipped + hour.rejected
  const state = stateOf(lanes, held)
  const waiting = lanes.reduce((sum, lane) => sum + (lane?.pending ?? 0), 0)
  const words = state === 'stopped' ? `stopped · ${compact(waiting)} wait` : state === 'held' ? `paused · ${compact(waiting)} wait` : perMinute === 0 ? 'quiet' : `${count(perMinute)}/min` // prettier-ignore
  const road = state ?? (perMinute === 0 ? 'quiet' : '')
  return (
    <>
      <div className="way">
        <span className="bank">Segment</span>
        <span aria-hidden>{isBack ? '◀' : ''}</span>
        <span className={`road ${road} ${isBack ? 'back' : ''}`}>
          {road === '' && <i className="dots" />}
          <span className="words">
            {words}
            <span className="sr-only">
              {' '}
              from {from} to {to}
            </span>
          </span>
        </span>
        <span aria-hidden>{isBack ? '' : '▶'}</span>
        <span className="bank">Statsig</span>
      </div>
      <span className="num nowrap">
        {ended === 0 ? (
          <span className="dim">nothing yet</span>
        ) : (
          <>{percent(hour.delivered, ended)} delivered</>
        )}
      </span>
      <span className="num nowrap">lag {duration(funnel.lagMs)}</span>
      <span className="bridge-spark">
        <Sparkline
          values={minutes}
          label={`${from} to ${to}, accepted per minute in the last hour, at most ${count(Math.max(...minutes))}`}
        />
      </span>
    </>
  )
}

function stateOf(lanes: (Lane | undefined)[], held: boolean): 'stopped' | 'held' | undefined {
  const known = lanes.filter((lane) => lane !== undefined)
  if (known.some(({ state }) => state === 'needs_attention')) return 'stopped'
  if (held || (known.length > 0 && known.every(({ state }) => state === 'paused'))) return 'held'
  return undefined
}
