/** Apart from the test, and says where it goes. */
import { Button } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { connectionQuery } from '../../api/queries.ts'
import { testMessage } from '../../api/trace.ts'
import { ProblemNote } from '../../parts/problem-note.tsx'
import { StateMark } from '../../parts/outcome-mark.tsx'
import { readTrace } from './read-trace.ts'

export function SendForReal({
  connectionId,
  lane,
  message,
}: {
  connectionId: string
  lane: 'events' | 'outbound'
  message: unknown
}) {
  const { data: connection } = useQuery(connectionQuery(connectionId))
  const send = useMutation({
    mutationFn: async () =>
      readTrace(await testMessage(connectionId, { message, lane, send: true }), message),
  })
  const vendor = lane === 'events' ? 'Statsig' : 'Segment'
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
            <StateMark tone={send.data.sent.ok ? 'good' : 'bad'}>{send.data.sent.words}</StateMark>
            {send.data.sent.answer !== undefined && <code className="mono"> {send.data.sent.answer}</code>}
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
