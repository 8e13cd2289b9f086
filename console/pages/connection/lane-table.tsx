/** The lanes of a connection: what waits in each, since when, and the run that works on it. */
import { Button } from '../../parts/button.tsx'
import { Link } from '@tanstack/react-router'
import { usePatchConnection } from '../../api/queries.ts'
import type { Connection, Lane } from '../../api/shapes.ts'
import { count, duration } from '../../parts/numbers.ts'
import { StateMark } from '../../parts/outcome-mark.tsx'
import { ProblemNote } from '../../parts/problem-note.tsx'
import { TemporalLink } from '../../parts/temporal-link.tsx'

const whatItHolds: Record<string, string> = {
  events: 'live events from Segment',
  late: 'events older than an hour',
  audiences: 'audience memberships',
  outbound: 'events from Statsig',
  forward: 'what SDKs log, passed on',
}

const states: Record<Lane['state'], { tone: 'good' | 'warn' | 'bad' | 'dim'; word: string }> = {
  asleep: { tone: 'dim', word: 'asleep' },
  running: { tone: 'good', word: 'running' },
  paused: { tone: 'warn', word: 'paused' },
  needs_attention: { tone: 'bad', word: 'needs you' },
}

export function LaneTable({ connection }: { connection: Connection }) {
  const patch = usePatchConnection(connection.id)
  const lanes = Object.entries(connection.lanes)
  return (
    <section className="stack" aria-labelledby="lanes">
      <h2 id="lanes">Lanes</h2>
      {patch.error && <ProblemNote error={patch.error} />}
      <div className="card table-frame">
        <table className="plain">
          <thead>
            <tr>
              <th>Lane</th>
              <th>State</th>
              <th className="right">Waiting</th>
              <th className="right">Lag</th>
              <th>Run</th>
              <th>
                <span className="sr-only">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {lanes.map(([name, lane]) => (
              <tr key={name}>
                <td>
                  <strong>{name}</strong> <span className="dim col-more">{whatItHolds[name]}</span>
                </td>
                <td>
                  <StateMark tone={states[lane.state].tone}>{states[lane.state].word}</StateMark>
                  {lane.reason !== undefined && <div className="dim">{lane.reason}</div>}
                </td>
                <td className="right">
                  <Link
                    to="/connections/$connectionId/messages"
                    params={{ connectionId: connection.id }}
                    search={{ lane: name, outcome: 'pending' }}
                  >
                    {count(lane.pending)}
                  </Link>
                </td>
                <td className="right">{duration(lane.lagMs)}</td>
                <td>
                  <TemporalLink url={lane.temporalUrl} />
                </td>
                <td className="right">
                  <Button
                    variant="default"
                    size="compact-sm"
                    aria-label={`${lane.paused ? 'Resume' : 'Pause'} ${name}`}
                    onClick={() => patch.mutate({ paused: { [name]: !lane.paused } })}
                  >
                    {lane.paused ? 'Resume' : 'Pause'}
                  </Button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}
