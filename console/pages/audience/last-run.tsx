/** The last run with what it sent and what failed beside each other. */
import type { Audience } from '../../api/audiences.ts'
import { TimeAgo } from '../../parts/now.tsx'
import { count, duration } from '../../parts/numbers.ts'
import { StateMark } from '../../parts/outcome-mark.tsx'

const modes: Record<string, string> = {
  changes: 'changes',
  full: 'every member',
  reconcile: 'comparison with Statsig',
}

export function LastRun({ audience: { lastRun, warnings } }: { audience: Audience }) {
  return (
    <section className="stack" aria-labelledby="last-run">
      <h2 id="last-run">Last run</h2>
      {warnings.map(({ code, message }) => (
        <div className="note warn-note" key={code}>
          <p>{message}</p>
        </div>
      ))}
      <div className="card pad">
        {!lastRun ? (
          <span className="dim">No run yet: one follows two seconds after the last change.</span>
        ) : (
          <div className="row wide num">
            <StateMark tone={lastRun.status === 'success' ? 'good' : 'warn'}>{lastRun.status}</StateMark>
            <span>{modes[lastRun.mode] ?? lastRun.mode}</span>
            <span>{count(lastRun.added)} added</span>
            <span>{count(lastRun.removed)} removed</span>
            <span className={lastRun.failed > 0 ? 'bad' : 'dim'}>{count(lastRun.failed)} failed</span>
            {lastRun.difference && (
              <span>
                found {count(lastRun.difference.missing)} missing and {count(lastRun.difference.extra)} that
                should not be there
              </span>
            )}
            <span className="dim">
              took {duration(Date.parse(lastRun.endedAt) - Date.parse(lastRun.startedAt))},{' '}
              <TimeAgo at={lastRun.endedAt} />
            </span>
          </div>
        )}
      </div>
    </section>
  )
}
