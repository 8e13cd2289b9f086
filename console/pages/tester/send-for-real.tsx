/** Apart from the test, and says where it goes. */
import { Button } from '../../parts/button.tsx'
import { useMutation, useQuery } from '@tanstack/react-query'
import { connectionQuery } from '../../api/queries.ts'
import { testMessage, type Trace } from '../../api/trace.ts'
import { ProblemNote } from '../../parts/problem-note.tsx'
import { StateMark } from '../../parts/outcome-mark.tsx'

export function SendForReal({
  connectionId,
  lane,
  message,
}: {
  connectionId: string
  lane: 'outbound' | undefined
  message: unknown
}) {
  const { data: connection } = useQuery(connectionQuery(connectionId))
  const send = useMutation({
    mutationFn: () => testMessage(connectionId, { message, lane, send: true }),
  })
  const vendor = lane === undefined ? 'Statsig' : 'Segment'
  return (
    <section className="note" aria-label="Send for real">
      <div className="grow stack">
        <p className="note-title">Send it for real</p>
        <p>
          It goes to the {vendor} project of <strong>{connection?.name ?? 'this connection'}</strong> and
          counts there.
        </p>
        {send.data?.sent && (
          <p role="status">
            <StateMark tone={send.data.sent.result === 'accepted' ? 'good' : 'bad'}>
              {wordOf(send.data.sent, vendor)}
            </StateMark>{' '}
            <code className="mono">{send.data.sent.answer}</code>
          </p>
        )}
        {send.error && <ProblemNote error={send.error} />}
      </div>
      <Button variant="default" loading={send.isPending} onClick={() => send.mutate()}>
        Send to {vendor}
      </Button>
    </section>
  )
}

const results: Record<NonNullable<Trace['sent']>['result'], string> = {
  accepted: 'took it',
  refused: 'refused it',
  too_large: 'finds it too large',
  key: 'refuses the key',
  wait: 'cannot take it now',
  no_key: 'has no key set here',
  not_sent: 'was not asked',
}

const wordOf = ({ result, status }: NonNullable<Trace['sent']>, vendor: string): string =>
  `${vendor} ${results[result]}${status === null ? '' : `, status ${status}`}`
