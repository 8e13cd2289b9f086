/** What can be done with one message. */
import { Button } from '../../parts/button.tsx'
import { useNavigate } from '@tanstack/react-router'
import { useStartJob } from '../../api/jobs.ts'
import type { EntryStory } from '../../api/shapes.ts'
import { ProblemNote } from '../../parts/problem-note.tsx'
import { OpenTester } from './panel.tsx'

export function MessageActions({ story }: { story: EntryStory }) {
  return (
    <div className="row">
      <OpenTester story={story} />
      {mayBeRedriven(story) && <Redrive story={story} />}
    </div>
  )
}

/** As the API takes them: a duplicate or an erased message is not sent again. */
function mayBeRedriven({ lane, outcome, reason, messageId }: EntryStory): boolean {
  if (messageId === undefined || !['events', 'late', 'outbound'].includes(lane)) return false
  if (outcome === 'skipped') return reason === 'too_old' || reason === 'type_off'
  return outcome === 'rejected' || outcome === 'filtered'
}

function Redrive({ story: { connectionId, lane, outcome, messageId } }: { story: EntryStory }) {
  const start = useStartJob('redrives', connectionId)
  const navigate = useNavigate()
  const redrive = () =>
    start.mutate(
      { outcome, lane, messageIds: [messageId] },
      {
        onSuccess: (job) =>
          void navigate({ to: '/jobs/$kind/$jobId', params: { kind: 'redrives', jobId: job.id } }),
      },
    )
  return (
    <>
      <Button size="xs" variant="default" loading={start.isPending} onClick={redrive}>
        Redrive with the settings of now
      </Button>
      {start.error && <ProblemNote error={start.error} />}
    </>
  )
}
