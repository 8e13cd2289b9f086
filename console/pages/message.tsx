/** A message's own page: the same story as in the panel, at an address of its own. */
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { storyQuery } from '../api/queries.ts'
import { useAbout } from '../layout/current-connection.ts'
import { PageHead } from '../parts/page-head.tsx'
import { MessagePanel } from './message/panel.tsx'

export function MessagePage() {
  const { messageId = '' } = useParams({ strict: false })
  const { data: story } = useQuery(storyQuery(messageId))
  useAbout(story?.connectionId)
  return (
    <div className="page">
      <PageHead title={story?.event ?? story?.type ?? 'Message'}>
        <span className="mono">{messageId}</span>
      </PageHead>
      <div className="card pad">
        <MessagePanel id={messageId} isPage />
      </div>
    </div>
  )
}
