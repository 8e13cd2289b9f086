/** From here to the run in the Temporal Web UI, which opens beside. */
import { Icon } from './icons.tsx'

export function TemporalLink({
  url,
  children = 'Temporal run',
}: {
  url: string | undefined
  children?: string
}) {
  if (url === undefined || !/^https?:\/\//.test(url)) return null
  return (
    <a href={url} target="_blank" rel="noreferrer" className="out-link">
      <span>{children}</span>
      <Icon name="out" size={13} />
      <span className="sr-only"> (opens in a new tab)</span>
    </a>
  )
}
