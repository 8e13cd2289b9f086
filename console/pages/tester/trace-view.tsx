/** Three columns: pointing at a field of the event lights where it came from. */
import { useMemo, useState } from 'react'
import type { Trace } from '../../api/trace.ts'
import { StateMark } from '../../parts/outcome-mark.tsx'
import { PathJson } from '../../parts/path-json.tsx'

const tones: Record<string, 'good' | 'warn' | 'bad' | 'dim'> = {
  mapped: 'good',
  delivered: 'good',
  filtered: 'dim',
  skipped: 'dim',
  rejected: 'bad',
}

export function TraceView({ trace }: { trace: Trace }) {
  const [pointed, setPointed] = useState<string>()
  const sourceOf = useMemo(() => new Map(trace.fields.map(({ target, source }) => [target, source])), [trace])
  const pointable = useMemo(
    () => new Set(trace.fields.filter(({ source }) => source !== undefined).map(({ target }) => target)),
    [trace],
  )
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
      <section>
        <h2>As received</h2>
        <PathJson
          value={trace.received}
          label="The message as received"
          lit={source === undefined ? [] : [source]}
          notes={notes}
        />
      </section>
      <section className="stack wide">
        <h2>What happened</h2>
        <Happened trace={trace} pointed={pointed} point={setPointed} />
      </section>
      <section>
        <h2>As sent</h2>
        {trace.mapped === undefined ? (
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
  pointed,
  point,
}: {
  trace: Trace
  pointed: string | undefined
  point: (target: string | undefined) => void
}) {
  const { verdict, fields, warnings } = trace
  return (
    <>
      <div className="card pad stack">
        <StateMark tone={tones[verdict.kind] ?? 'dim'}>
          {verdict.kind === 'mapped' ? 'would be sent' : verdict.kind}
        </StateMark>
        <span>{verdict.words}</span>
      </div>
      {fields.length > 0 && (
        <div className="card table-frame">
          <table className="plain">
            <thead>
              <tr>
                <th>Field</th>
                <th>came from</th>
              </tr>
            </thead>
            <tbody>
              {fields.map(({ target, source }) => (
                <tr
                  key={target}
                  aria-selected={pointed === target}
                  onMouseEnter={() => point(target)}
                  onMouseLeave={() => point(undefined)}
                >
                  <td className="mono" style={{ overflowWrap: 'anywhere' }}>
                    {target}
                  </td>
                  <td className="mono" style={{ overflowWrap: 'anywhere' }}>
                    {source ?? <span className="dim">Causeway</span>}
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
          {warnings.map(({ code, path, message }) => (
            <div key={`${code} ${path}`}>
              <StateMark tone="warn">{code.replaceAll('_', ' ')}</StateMark>
              <div>
                <code className="mono">{path}</code> {message}
              </div>
            </div>
          ))}
        </div>
      )}
    </>
  )
}
