/** Text to take along, with its button. */
import { CopyButton, Tooltip } from '@mantine/core'
import { Icon } from './icons.tsx'

export function Copy({ text, label }: { text: string; label: string }) {
  return (
    <CopyButton value={text} timeout={1_500}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? 'Copied' : label}>
          <button type="button" className="icon-button" onClick={copy} aria-label={label}>
            <Icon name={copied ? 'check' : 'copy'} size={16} />
            <span role="status" className="sr-only">
              {copied ? 'Copied' : ''}
            </span>
          </button>
        </Tooltip>
      )}
    </CopyButton>
  )
}

export function CopyLine({ text, label, name }: { text: string; label: string; name?: string }) {
  return (
    <div className="stack">
      {name !== undefined && <span className="dim">{name}</span>}
      <div className="copy-line">
        <code className="mono grow" style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>
          {text}
        </code>
        <Copy text={text} label={label} />
      </div>
    </div>
  )
}
