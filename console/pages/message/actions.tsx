/** What can be done with one message. */
import type { EntryStory } from '../../api/shapes.ts'
import { OpenTester } from './panel.tsx'

export function MessageActions({ story }: { story: EntryStory }) {
  return (
    <div className="row">
      <OpenTester story={story} />
    </div>
  )
}
