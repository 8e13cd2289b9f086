/** The guard as a decision: how many, who, since when, and what happens on each choice. */
import { Button } from '../../parts/button.tsx'
import { useActOnAudience, type Audience } from '../../api/audiences.ts'
import { TimeAgo } from '../../parts/now.tsx'
import { count } from '../../parts/numbers.ts'
import { ProblemNote } from '../../parts/problem-note.tsx'

export function GuardDecision({ connectionId, audience }: { connectionId: string; audience: Audience }) {
  const { planned = 0, limit, message, since, sample = [] } = audience.guard
  const act = useActOnAudience(connectionId, audience.key)
  return (
    <section className="note warn-note" aria-labelledby="decision">
      <div className="grow stack wide">
        <h2 id="decision" className="num">
          {count(planned)} of {count(audience.counts.applied)} members would leave the list
        </h2>
        <p>
          {message}{' '}
          {since !== undefined && (
            <>
              Held since <TimeAgo at={since} />.
            </>
          )}{' '}
          {message === undefined && limit !== undefined && `Without asking, ${count(limit)} may leave.`} Those
          who join are added meanwhile.
        </p>
        {sample.length > 0 && (
          <details>
            <summary>
              Who: the first {count(sample.length)} of {count(planned)}
            </summary>
            <ul className="mono" style={{ columns: '180px', margin: '8px 0 0' }}>
              {sample.map((id) => (
                <li key={id}>{id}</li>
              ))}
            </ul>
          </details>
        )}
        <div className="halves">
          <div className="stack">
            <strong>If you approve</strong>
            <span>
              They are removed from the list at Statsig within seconds; gates that target it are false for
              them.
            </span>
            <div>
              <Button color="red.9" loading={act.isPending} onClick={() => act.mutate({ do: 'approve' })}>
                Approve: remove {count(planned)}
              </Button>
            </div>
          </div>
          <div className="stack">
            <strong>If you reject</strong>
            <span>They stay in the list. Should Segment say again that they left, you are asked again.</span>
            <div>
              <Button variant="default" loading={act.isPending} onClick={() => act.mutate({ do: 'reject' })}>
                Reject: keep them
              </Button>
            </div>
          </div>
        </div>
        {act.error && <ProblemNote error={act.error} />}
      </div>
    </section>
  )
}
