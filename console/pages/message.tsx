/** A message's own page: the same story as in the panel, at an address of its own. */
import { useParams } from '@tanstack/react-router'
import { PageHead } from '../parts/page-head.tsx'
import { MessagePanel } from './message/panel.tsx'

export function MessagePage() {
  const { messageId = '' } = useParams({ strict: false })
  return (
    <div className="page">
      <PageHead title="Message">
        <span className="mono">{messageId}</span>
      </PageHead>
      <div className="card pad">
        <MessagePanel id={messageId} isPage />
      </div>
    </div>
  )
}
