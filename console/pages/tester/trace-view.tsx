/** Three columns: pointing at a field of the event lights where it came from. */
import { useMemo, useState } from 'react'
import type { Trace } from '../../api/trace.ts'
import { StateMark } from '../../parts/outcome-mark.tsx'
import { PathJson } from '../../parts/path-json.tsx'
import { PathWords } from '../../parts/path-words.tsx'
import { pretty } from '../../parts/json-view.tsx'
import { laneWord, reasonWord, ruleWord } from '../../parts/lane-words.ts'
import { Warnings } from '../message/warnings.tsx'

const tones: Record<string, 'good' | 'warn' | 'bad' | 'dim'> = {
  mapped: 'good',
  delivered: 'good',
  filtered: 'dim',
  skipped: 'dim',
  rejected: 'bad',
}

export function TraceView({ trace, connectionId }: { trace: Trace; connectionId: string }) {
  const [pointed, setPointed] = useState<string>()
  const sourceOf = useMemo(() => new Map(trace.origins.map(({ target, from }) => [target, from])), [trace])
  const pointable = useMemo(() => new Set(sourceOf.keys()), [sourceOf])
  const source = pointed === undefined ? undefined : sourceOf.get(pointed)
  const notes = useMemo(
    () =>
      new Map(
        trace.warnings.map(({ path, message }) => [
          path,
          <div key={path} className="note-line warn">
            {message}
          </div>,
        ]),
      ),
    [trace],
  )
  return (
    <div className="thirds" aria-live="polite">
      <section className="stack">
        <h2>As received</h2>
        <PathJson
          value={trace.received}
          label="The message as received"
          lit={source === undefined ? [] : [source]}
          notes={notes}
        />
      </section>
      <section className="stack">
        <h2>What happened</h2>
        <Happened trace={trace} connectionId={connectionId} pointed={pointed} point={setPointed} />
      </section>
      <section className="stack">
        <h2>As sent</h2>
        {trace.mapped == null ? (
          <p className="dim">Nothing would be sent.</p>
        ) : (
          <PathJson
            value={trace.mapped}
            label="The event as it would be sent"
            lit={pointed === undefined ? [] : [pointed]}
            pointable={pointable}
            onPoint={setPointed}
          />
        )}
      </section>
    </div>
  )
}

function Happened({
  trace,
  connectionId,
  pointed,
  point,
}: {
  trace: Trace
  connectionId: string
  pointed: string | undefined
  point: (target: string | undefined) => void
}) {
  const { origins, warnings, identifiers } = trace
  return (
    <>
      <Verdict trace={trace} />
      {identifiers.length > 0 && (
        <div className="card pad stack">
          <h3>Known by</h3>
          {identifiers.map(({ unit, value, from }) => (
            <div key={unit}>
              <code className="mono">
                {unit} = {pretty(value)}
              </code>{' '}
              <span className="dim">
                from <span className="mono">{from}</span>
              </span>
            </div>
          ))}
        </div>
      )}
      {origins.length > 0 && (
        <div className="card table-frame">
          <table className="plain">
            <thead>
              <tr>
                <th>Field</th>
                <th>came from</th>
              </tr>
            </thead>
            <tbody>
              {origins.map(({ target, from }) => (
                <tr
                  key={target}
                  aria-selected={pointed === target}
                  onMouseEnter={() => point(target)}
                  onMouseLeave={() => point(undefined)}
                >
                  <td className="mono">
                    <PathWords path={target} />
                  </td>
                  <td className="mono">
                    <PathWords path={from} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {warnings.length > 0 && (
        <div className="card pad stack">
          <h3>Warnings</h3>
          <Warnings connectionId={connectionId} warnings={warnings} />
        </div>
      )}
    </>
  )
}

function Verdict({ trace: { outcome, reason, path, detail, filter, lanes } }: { trace: Trace }) {
  return (
    <div className="card pad stack">
      <StateMark tone={tones[outcome ?? 'mapped'] ?? 'dim'}>
        {outcome === null ? 'goes into its audience' : outcome === 'mapped' ? 'would be sent' : outcome}
      </StateMark>
      {reason !== null && (
        <span>{reasonWord({ reason, outcome: outcome === 'filtered' ? 'filtered' : 'skipped' })}</span>
      )}
      {detail !== null && (
        <span>
          {path !== null && <code className="mono">{path}</code>} {detail}
        </span>
      )}
      {outcome !== null && (
        <span className="dim">
          {filter === null
            ? 'Held back before the filters are asked.'
            : `${filter.included ? 'Let in' : 'Left out'} by ${ruleWord(filter.rule)}.`}
        </span>
      )}
      <span className="dim">
        {lanes.length === 1 ? 'Its lane: ' : 'Its lanes: '}
        {lanes.map((lane) => laneWord(lane)).join(' and ')}.
      </span>
    </div>
  )
}
