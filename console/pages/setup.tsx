/** Set-up as a stepper that is the workflow's own state: what we do, what you do, how we know. */
import { Skeleton } from '@mantine/core'
import { Button } from '../parts/button.tsx'
import { useQuery } from '@tanstack/react-query'
import { connectionQuery } from '../api/queries.ts'
import { isEnded, setupQuery, useSetup, type SetupState } from '../api/setup.ts'
import type { Connection } from '../api/shapes.ts'
import { useConnectionId } from '../layout/current-connection.ts'
import { useNow } from '../parts/now.tsx'
import { relative } from '../parts/numbers.ts'
import { PageHead } from '../parts/page-head.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { TemporalLink } from '../parts/temporal-link.tsx'
import { ManualValues } from './setup/manual-values.tsx'
import { Proof } from './setup/proof.tsx'
import { Steps } from './setup/steps.tsx'

export function Setup() {
  const id = useConnectionId()
  const { data: connection } = useQuery(connectionQuery(id))
  const setup = useQuery(setupQuery(id))
  const { start, cancel } = useSetup(id)
  const state = setup.data
  return (
    <div className="page stack wide" style={{ maxWidth: 900 }}>
      <PageHead
        title={`Connect ${connection?.name ?? ''}`.trim()}
        actions={<TemporalLink url={state?.temporalUrl} />}
      >
        What is made at Segment is taken away again if set-up fails, expires or is cancelled.
      </PageHead>
      {setup.error && <ProblemNote error={setup.error} retry={() => void setup.refetch()} />}
      {setup.isPending && <Skeleton height={320} />}
      {state && connection && (
        <>
          <Ended state={state} restart={() => start.mutate()} isBusy={start.isPending} />
          <Steps connection={connection} state={state} />
          {state.step === 'active' && <Proof connection={connection} />}
          {!isEnded(state.step) && (
            <div className="row">
              <Button variant="default" loading={cancel.isPending} onClick={() => cancel.mutate()}>
                Cancel the set-up
              </Button>
              {state.expiresAt !== undefined && <Expiry at={state.expiresAt} />}
            </div>
          )}
        </>
      )}
      {state === null && connection && (
        <NotBegun connection={connection} start={() => start.mutate()} isBusy={start.isPending} />
      )}
      {(start.error ?? cancel.error) && <ProblemNote error={start.error ?? cancel.error} />}
    </div>
  )
}

function Expiry({ at }: { at: string }) {
  const now = useNow()
  return <span className="dim num">It is undone {relative(Date.parse(at), now)} unless it goes on.</span>
}

function NotBegun({
  connection,
  start,
  isBusy,
}: {
  connection: Connection
  start: () => void
  isBusy: boolean
}) {
  return (
    <>
      <div className="card pad stack wide">
        <p style={{ margin: 0 }}>
          This connection takes and delivers events already. Set-up makes the destination at Segment and
          proves the way by a real event.
        </p>
        <div>
          <Button size="sm" loading={isBusy} onClick={start}>
            Start the set-up
          </Button>
        </div>
      </div>
      <ManualValues connection={connection} />
    </>
  )
}

const endings = {
  failed: 'The set-up failed, and what it had made was undone.',
  expired: 'The set-up was not finished in time, and what it had made was undone.',
  cancelled: 'The set-up was cancelled, and what it had made was undone.',
}

function Ended({ state, restart, isBusy }: { state: SetupState; restart: () => void; isBusy: boolean }) {
  if (state.step !== 'failed' && state.step !== 'expired' && state.step !== 'cancelled') return null
  const { error } = state
  return (
    <div className={`note ${state.step === 'failed' ? 'bad-note' : 'warn-note'}`} role="alert">
      <div className="grow stack">
        <p className="note-title">{endings[state.step]}</p>
        {error && <p>{error.message}</p>}
      </div>
      <Button loading={isBusy} onClick={restart}>
        Start again
      </Button>
    </div>
  )
}
